package import Causality
import Clinic
import Documents
import JSON
import Platform
import Replica
import Storage
import Synchronization

/// Who wants to enrol.
private struct EnrolmentClaim {
  let device: UniqueID
  let replica: ReplicaID
  let name: String
  /// The enrolment whose token it showed; nil if it showed none.
  let family: UniqueID?
}

/// What a device gets when it enrols.
package struct EnrolmentGrant: Sendable {
  package let device: DeviceRecord
  /// Known to the device alone from here on.
  package let refreshToken: String
  /// By which the server proves orders to the device.
  package let deviceSecret: [UInt8]
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
    guard try role(of: user.user, in: account) != "patient" else {
      throw .refused(
        "the user \(email) is a patient: laptops are for the staff, they hold all records")
    }
    let code = newCode()
    let now = setup.world.clock.now()
    var record = CodeRecord(
      hash: tokenHash(Self.normalised(code)), account: account, user: user.user,
      expiresAt: now + UInt64(minutes) * 60_000)
    record.halves = halves(of: Self.normalised(code))
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

  /// A half alone could be found out from a plain hash.
  private func halves(of code: String) -> [String] {
    let half = Self.codeCharacterCount / 2
    return [code.prefix(half) + "-", "-" + code.dropFirst(half)].map {
      HexText.text(deviceTokens.sealed($0))
    }
  }

  private static func normalised(_ code: String) -> String {
    String(
      decoding: code.uppercased().utf8.filter { codeAlphabet.contains($0) }, as: UTF8.self)
  }

  /// So many wrong codes that are half right end a code.
  private static let mostWrongTries = 5

  /// Enrols a device by a code, which is used up. Enrolling the same device again gives it a new
  /// token: nobody writes any more under the ids that it had before, and nobody waits for them.
  ///
  /// - Parameter token: what the device showed last, which proves that it is the one that it says it is: only then
  ///   it may send what it wrote in the names of others before, and take another person's place.
  /// - Throws: `wrongCode` if the code is unknown, used or expired, or was tried too often; `refused`.
  package func enrol(
    code: String, device: UniqueID, replica: ReplicaID, name: String, account: UniqueID?,
    token: String? = nil
  ) throws(ServerError) -> EnrolmentGrant {
    let family = token.flatMap(deviceTokens.refresh)?.family
    let now = setup.world.clock.now()
    let credentials = DeviceCredentials(family: setup.newID())
    let hash = tokenHash(Self.normalised(code))
    if let account = read({ $0.codes.first { $0.hash == hash }?.account }),
      try self.replica(of: account).id == replica
    {
      throw .refused("the server itself writes as \(replica)")
    }
    let record = try update { (registry) throws(ServerError) -> DeviceRecord? in
      guard let index = registry.codes.firstIndex(where: { $0.hash == hash && $0.expiresAt >= now })
      else {
        registry.noteWrongTry(halves(of: Self.normalised(code)), most: Self.mostWrongTries)
        return nil
      }
      let code = registry.codes[index]
      if let account, account != code.account {
        throw .refused(
          "the code is for account \(code.account), this store belongs to account \(account)")
      }
      let claim = EnrolmentClaim(device: device, replica: replica, name: name, family: family)
      let record = try Self.put(claim, code, credentials, now, into: &registry)
      registry.codes.removeAll { $0.hash == hash }
      return record
    }
    guard let record else { throw .wrongCode }
    let server = try self.replica(of: record.account)
    // The code is used up by now: nothing from here on must fail the enrolment.
    for former in record.replicas where former != replica { try? server.retire(former) }
    let user = try? server.read { (tables) throws(StorageError) in
      try tables.document(DocumentKey(type: "user", id: record.user))
    }
    let userName = user.flatMap { server.view($0)["name"]?.stringValue } ?? ""
    return EnrolmentGrant(
      device: record, refreshToken: newRefreshToken(of: credentials),
      deviceSecret: deviceTokens.secret(of: credentials.family), server: server.serverID,
      userName: userName)
  }

  private static func put(
    _ claim: EnrolmentClaim, _ code: CodeRecord, _ credentials: DeviceCredentials, _ now: UInt64,
    into registry: inout Registry
  ) throws(ServerError) -> DeviceRecord {
    let replica = claim.replica
    let isTaken = registry.devices.contains { other in
      other.id != claim.device && other.replicas.contains(replica)
    }
    if isTaken { throw .refused("another device writes as \(replica)") }
    var record = DeviceRecord(
      id: claim.device, account: code.account, user: code.user, name: claim.name,
      replicas: [replica], credentials: credentials, enrolledAt: now, revokedAt: nil)
    if let index = registry.devices.firstIndex(where: { $0.id == claim.device }) {
      let old = registry.devices[index]
      guard old.account == code.account else {
        throw .refused("this device is enrolled in another account")
      }
      let isProven = claim.family == old.credentials.family
      guard isProven || old.user == code.user || old.state != "active" else {
        throw .refused(
          "this device is enrolled for somebody else, and does not show that it is the same: revoke it first"
        )
      }
      record.audit = old.audit
      record.replicas = old.replicas.filter { $0 != replica } + [replica]
      if isProven {
        record.formerUsers = (old.formerUsers + [old.user]).filter { $0 != code.user }
        record.people = old.people
      }
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

  /// A device takes a new id when its store was restored or copied: more is no device's life.
  static let mostReplicasOfDevice = 1000

  /// Lets a device write as replicas from now on (DESIGN, rule 17). Durable on return.
  /// - Throws: `refused` if one is another device's, or the device has too many.
  func adopt(_ replicas: [ReplicaID], by device: UniqueID) throws(ServerError) {
    try update { (registry) throws(ServerError) in
      guard let index = registry.devices.firstIndex(where: { $0.id == device }) else {
        throw .notFound("no device \(device)")
      }
      let others = Set(registry.devices.filter { $0.id != device }.flatMap(\.replicas))
      if let taken = replicas.first(where: others.contains) {
        throw .refused("another device writes as \(taken)")
      }
      let own = Set(registry.devices[index].replicas)
      registry.devices[index].replicas += replicas.filter { !own.contains($0) }
      guard registry.devices[index].replicas.count <= Self.mostReplicasOfDevice else {
        throw .refused("a device writes as no more than \(Self.mostReplicasOfDevice) replicas")
      }
    }
  }

  /// What a device shows next.
  func newRefreshToken(of credentials: DeviceCredentials) -> String {
    deviceTokens.text(
      DeviceTokens.Refresh(
        family: credentials.family, number: credentials.number + 1, nonce: setup.newID()))
  }

  func tokenHash(_ token: String) -> String {
    HexText.text(setup.world.digest(Array(token.utf8)))
  }
}

extension Registry {
  /// Counts a wrong code against those of which a half was right.
  fileprivate mutating func noteWrongTry(_ halves: [String], most: Int) {
    for place in codes.indices where codes[place].halves.contains(where: halves.contains) {
      codes[place].wrongTries += 1
    }
    codes.removeAll { $0.wrongTries >= most }
  }
}
