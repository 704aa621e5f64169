package import Causality
import Clinic
import Documents
import JSON
import Platform
import Replica
import Storage
import Synchronization

/// What a device gets when it enrols.
package struct EnrolmentGrant: Sendable {
  package let device: DeviceRecord
  /// Known to the device alone from here on.
  package let refreshToken: String
  /// The identity of the account at this server: stays the same when it is restored.
  package let server: UniqueID
  package let userName: String
}

extension ServerData {
  /// Characters of a code: Crockford's base 32, 5 random bits each.
  private static let codeAlphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
  private static let codeCharacterCount = 10

  /// Makes a one-time code with which a device can enrol in the name of a user.
  package func createCode(
    account: UniqueID, email: String, minutes: Int
  ) throws(ServerError) -> String {
    let norm = ClinicIndex.emailKey(email)
    let user = read { registry in
      registry.credentials.first { $0.account == account && $0.email == norm }
    }
    guard read({ $0.accounts.contains { $0.id == account } }) else {
      throw .notFound("no account \(account)")
    }
    guard let user else { throw .notFound("no user \(email) in account \(account)") }
    guard !user.isDisabled else { throw .refused("the user \(email) is disabled") }
    let code = newCode()
    let now = setup.world.clock.now()
    let record = CodeRecord(
      hash: tokenHash(Self.normalised(code)), account: account, user: user.user,
      expiresAt: now + UInt64(minutes) * 60_000)
    try update { (registry) throws(ServerError) in
      registry.codes.removeAll { $0.expiresAt < now }
      registry.codes.append(record)
    }
    return code
  }

  private func newCode() -> String {
    let characters = setup.world.random.bytes(Self.codeCharacterCount).map {
      Self.codeAlphabet[Int($0 & 31)]
    }
    let half = Self.codeCharacterCount / 2
    return String(decoding: characters[..<half], as: UTF8.self) + "-"
      + String(decoding: characters[half...], as: UTF8.self)
  }

  private static func normalised(_ code: String) -> String {
    String(
      decoding: code.uppercased().utf8.filter { codeAlphabet.contains($0) }, as: UTF8.self)
  }

  /// Enrols a device by a code, which is used up. Enrolling the same device again gives it a new
  /// token: nobody writes any more under the ids that it had before, and nobody waits for them.
  /// - Throws: `refused` if the code is unknown, used or expired.
  package func enrol(
    code: String, device: UniqueID, replica: ReplicaID, name: String, account: UniqueID?
  ) throws(ServerError) -> EnrolmentGrant {
    let now = setup.world.clock.now()
    let token = newToken()
    let hash = tokenHash(Self.normalised(code))
    let record = try update { (registry) throws(ServerError) in
      guard let index = registry.codes.firstIndex(where: { $0.hash == hash && $0.expiresAt >= now })
      else {
        throw .refused("the code is wrong, used or expired; ask an administrator for a new one")
      }
      let code = registry.codes[index]
      if let account, account != code.account {
        throw .refused(
          "the code is for account \(code.account), this store belongs to account \(account)")
      }
      registry.codes.remove(at: index)
      return try Self.put(
        device, replica, name, code, tokenHash: tokenHash(token), now, into: &registry)
    }
    let server = try self.replica(of: record.account)
    // The code is used up by now: nothing from here on must fail the enrolment.
    for former in record.replicas where former != replica { try? server.retire(former) }
    let user = try? server.read { (tables) throws(StorageError) in
      try tables.document(DocumentKey(type: "user", id: record.user))
    }
    let userName = user.flatMap { server.view($0)["name"]?.stringValue } ?? ""
    return EnrolmentGrant(
      device: record, refreshToken: token, server: server.serverID, userName: userName)
  }

  private static func put(
    _ device: UniqueID, _ replica: ReplicaID, _ name: String, _ code: CodeRecord,
    tokenHash: String, _ now: UInt64, into registry: inout Registry
  ) throws(ServerError) -> DeviceRecord {
    let isTaken = registry.devices.contains { other in
      other.id != device && other.replicas.contains(replica)
    }
    if isTaken { throw .refused("another device writes as \(replica)") }
    var record = DeviceRecord(
      id: device, account: code.account, user: code.user, name: name, replicas: [replica],
      tokenHash: tokenHash, enrolledAt: now, revokedAt: nil)
    if let index = registry.devices.firstIndex(where: { $0.id == device }) {
      let old = registry.devices[index]
      guard old.account == code.account else {
        throw .refused("this device is enrolled in another account")
      }
      record.replicas = old.replicas.filter { $0 != replica } + [replica]
      registry.devices[index] = record
    } else {
      registry.devices.append(record)
    }
    return record
  }

  /// Whether no other device writes as a replica.
  func isFree(_ replica: ReplicaID, for device: UniqueID) -> Bool {
    read { registry in
      !registry.devices.contains { $0.id != device && $0.replicas.contains(replica) }
    }
  }

  /// Lets a device write as a replica from now on (DESIGN, rule 17). Durable on return.
  func adopt(_ replica: ReplicaID, by device: UniqueID) throws(ServerError) {
    try update { (registry) throws(ServerError) in
      guard let index = registry.devices.firstIndex(where: { $0.id == device }) else {
        throw .notFound("no device \(device)")
      }
      let isTaken = registry.devices.contains { $0.id != device && $0.replicas.contains(replica) }
      if isTaken { throw .refused("another device writes as \(replica)") }
      if !registry.devices[index].replicas.contains(replica) {
        registry.devices[index].replicas.append(replica)
      }
    }
  }

  /// Waits no longer for a device: what it declared holds nothing back any more (DESIGN, rule 15).
  package func retireDevice(_ name: String) throws(ServerError) -> DeviceRecord {
    let device = try update { (registry) throws(ServerError) in
      registry.devices[try Self.index(of: name, in: registry)]
    }
    try waitNoLonger(for: device)
    return device
  }

  private func waitNoLonger(for device: DeviceRecord) throws(ServerError) {
    let replica = try replica(of: device.account)
    try onReplica { () throws(ReplicaError) in
      for id in device.replicas { try replica.retire(id) }
    }
  }

  /// The place of the device of an id, a beginning of one, or a name.
  private static func index(
    of name: String, in registry: Registry
  ) throws(ServerError) -> Int {
    let matching = registry.devices.indices.filter { index in
      let device = registry.devices[index]
      return device.id.description == name || device.name == name
        || name.utf8.count >= 4 && device.id.description.hasPrefix(name)
    }
    guard let index = matching.first else { throw .notFound("no device \(name)") }
    guard matching.count == 1 else {
      throw .refused(
        "\(name) is ambiguous: "
          + matching.map { registry.devices[$0].id.description }.joined(separator: ", "))
    }
    return index
  }

  /// Notes that a revoked device has given what it had not sent. Durable on return.
  func noteSurrender(by device: UniqueID) throws(ServerError) {
    let now = setup.world.clock.now()
    try update { (registry) throws(ServerError) in
      guard let index = registry.devices.firstIndex(where: { $0.id == device }) else { return }
      registry.devices[index].surrenderedAt = now
    }
  }

  /// Refuses a device from its next request on, but for one surrender of what it has not sent. Nothing waits for it
  /// any more either (DESIGN, rule 15). Durable on return; if that throws, the device may be revoked already.
  package func revokeDevice(_ name: String) throws(ServerError) -> DeviceRecord {
    let now = setup.world.clock.now()
    let device = try update { (registry) throws(ServerError) in
      let index = try Self.index(of: name, in: registry)
      registry.devices[index].revokedAt = registry.devices[index].revokedAt ?? now
      return registry.devices[index]
    }
    try waitNoLonger(for: device)
    return device
  }

  /// Six random bits a character.
  private static let tokenAlphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  /// 258 bits.
  private static let tokenCharacterCount = 43

  /// A secret that nobody guesses.
  func newToken() -> String {
    let characters = setup.world.random.bytes(Self.tokenCharacterCount).map {
      Self.tokenAlphabet[Int($0 & 63)]
    }
    return String(decoding: characters, as: UTF8.self)
  }

  func tokenHash(_ token: String) -> String {
    HexText.text(setup.world.digest(Array(token.utf8)))
  }
}
