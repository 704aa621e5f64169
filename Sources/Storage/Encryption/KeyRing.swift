package import Causality
import Documents
import JSON
package import Platform

/// What `keys.json` says: the store's key, sealed with the key that the passphrase makes, with the recovery key, and
/// with the key of each person who has logged in. Another passphrase seals the same key anew; nothing else of the
/// store changes.
package struct KeyRing: Sendable {
  /// Of the encryption: authenticated with every piece of the store.
  package let id: UniqueID
  private var salt: [UInt8]
  private var costs: PassphraseCosts
  private var byPassphrase: [UInt8]
  private let byRecovery: [UInt8]
  private var people: [PersonalKey] = []

  /// What keys are made with.
  package struct Workshop: Sendable {
    let cryptography: Cryptography
    let random: any RandomSource
    let costs: PassphraseCosts

    /// - Parameter costs: of trying a passphrase; lower ones are for tests only.
    package init(
      _ cryptography: Cryptography, random: any RandomSource, costs: PassphraseCosts = .standard
    ) {
      (self.cryptography, self.random, self.costs) = (cryptography, random, costs)
    }
  }

  /// A new key for a store.
  /// - Throws: `system` if memory is lacking.
  package static func make(
    passphrase: String, recovery: RecoveryKey, _ workshop: Workshop
  ) throws(StorageError) -> (ring: KeyRing, seal: StoreSeal) {
    let random = workshop.random
    let key = SealingKey(workshop.cryptography, random: random)
    guard let id = UniqueID(randomBytes: random.bytes(16)) else {
      preconditionFailure("a random source gave another number of bytes")
    }
    let recoveryKey = recovery.sealingKey(workshop.cryptography, random: random)
    guard let byRecovery = key.wrapped(by: recoveryKey, companion: companion(id, "recovery")),
      let seal = StoreSeal(id: id, key: key, workshop.cryptography)
    else { throw lackOfMemory }
    var ring = KeyRing(
      id: id, salt: [], costs: workshop.costs, byPassphrase: [], byRecovery: byRecovery)
    try ring.setPassphrase(passphrase, for: seal, workshop)
    return (ring, seal)
  }

  /// Seals the store's key with another passphrase. The recovery key stays as it is.
  /// - Parameter seal: of this ring.
  package mutating func setPassphrase(
    _ passphrase: String, for seal: StoreSeal, _ workshop: Workshop
  ) throws(StorageError) {
    precondition(seal.id == id, "the seal is another store's")
    (salt, costs) = (workshop.random.bytes(Self.saltByteCount), workshop.costs)
    guard let key = key(passphrase, workshop),
      let wrapped = seal.key.wrapped(by: key, companion: Self.companion(id, "passphrase"))
    else { throw Self.lackOfMemory }
    byPassphrase = wrapped
  }

  /// The seal of the store; nil if it is another passphrase. Takes as long as the costs say.
  package func seal(passphrase: String, _ workshop: Workshop) -> StoreSeal? {
    seal(byPassphrase, key(passphrase, workshop), "passphrase", workshop)
  }

  /// The seal of the store; nil if it is another store's recovery key.
  package func seal(recovery: RecoveryKey, _ workshop: Workshop) -> StoreSeal? {
    let key = recovery.sealingKey(workshop.cryptography, random: workshop.random)
    return seal(byRecovery, key, "recovery", workshop)
  }

  // MARK: - People

  /// Lets a person open the store with a password.
  /// - Parameters:
  ///   - email: in the form in which addresses are compared.
  ///   - key: that the password makes, with the verifier's salt and costs.
  ///   - seal: of this ring.
  package mutating func setPerson(
    _ email: String, _ verifier: PasswordVerifier, _ key: SecretBytes, for seal: StoreSeal,
    _ workshop: Workshop
  ) throws(StorageError) {
    precondition(seal.id == id, "the seal is another store's")
    let tag = tag(of: email, workshop)
    let sealing = SealingKey(key, workshop.cryptography, random: workshop.random)
    guard let wrapped = seal.key.wrapped(by: sealing, companion: companion(of: tag)) else {
      throw Self.lackOfMemory
    }
    people.removeAll { $0.tag == tag }
    people.append(
      PersonalKey(tag: tag, salt: verifier.salt, costs: verifier.costs, wrapped: wrapped))
  }

  /// Lets nobody of an address open the store any more.
  package mutating func dropPerson(_ email: String, _ workshop: Workshop) {
    let tag = tag(of: email, workshop)
    people.removeAll { $0.tag == tag }
  }

  package var hasPeople: Bool { !people.isEmpty }

  package func knows(_ email: String, _ workshop: Workshop) -> Bool {
    let tag = tag(of: email, workshop)
    return people.contains { $0.tag == tag }
  }

  /// The seal of the store; nil if it is another password, or nobody of that address has logged in. Takes as long as
  /// the costs say.
  package func seal(email: String, password: String, _ workshop: Workshop) -> StoreSeal? {
    let tag = tag(of: email, workshop)
    guard let person = people.first(where: { $0.tag == tag }),
      let key = PasswordVerifier.key(
        password, person.salt, person.costs, workshop.cryptography)
    else { return nil }
    let sealing = SealingKey(key, workshop.cryptography, random: workshop.random)
    return sealing.unwrapped(person.wrapped, companion: companion(of: tag)).flatMap {
      StoreSeal(id: id, key: $0, workshop.cryptography)
    }
  }

  /// Tells whose key it is only to those who know the address.
  private func tag(of email: String, _ workshop: Workshop) -> [UInt8] {
    workshop.cryptography.sha256(id.bytes + Array(email.utf8))
  }

  private func companion(of tag: [UInt8]) -> [UInt8] { Self.companion(id, "person") + tag }

  // MARK: - Opening

  private func seal(
    _ wrapped: [UInt8], _ key: SealingKey?, _ purpose: String, _ workshop: Workshop
  ) -> StoreSeal? {
    key?.unwrapped(wrapped, companion: Self.companion(id, purpose)).flatMap {
      StoreSeal(id: id, key: $0, workshop.cryptography)
    }
  }

  /// Passphrases that look the same are the same.
  private func key(_ passphrase: String, _ workshop: Workshop) -> SealingKey? {
    workshop.cryptography
      .key(passphrase: Array(Text.nfc(passphrase).utf8), salt: salt, costs: costs)
      .map { SealingKey($0, workshop.cryptography, random: workshop.random) }
  }

  private static let saltByteCount = 16

  private static func companion(_ id: UniqueID, _ purpose: String) -> [UInt8] {
    id.bytes + Array("key by \(purpose)".utf8)
  }

  private static let lackOfMemory = StorageError(
    .system, path: "", problem: "there is not enough memory to make a key")
}

// MARK: - As a file

extension KeyRing {
  private static let format = 1

  package var bytes: [UInt8] {
    var object: JSONObject = [
      "format": .int(Self.format), "id": .string(id.description), "cipher": "AES-256-GCM",
      "passphrase": .object([
        "hash": "scrypt", "n": .number(JSONNumber(costs.n)), "r": .number(JSONNumber(costs.r)),
        "p": .number(JSONNumber(costs.p)), "salt": .string(HexText.text(salt)),
        "key": .string(HexText.text(byPassphrase)),
      ]),
      "recovery": .object(["key": .string(HexText.text(byRecovery))]),
    ]
    if !people.isEmpty { object.append("people", .array(people.map { .object($0.object) })) }
    return JSONValue.object(object).prettyBytes() + [UInt8(ascii: "\n")]
  }

  /// - Parameter path: of the file, for errors.
  /// - Throws: `newerFormat`; `corrupt`.
  init(parsing bytes: [UInt8], path: String) throws(StorageError) {
    guard let object = (try? JSONValue(parsing: bytes))?.objectValue,
      let format = object["format"]?.intValue
    else { throw StorageError(.corrupt, path: path, problem: "holds no keys") }
    guard format == Self.format else {
      throw StorageError(
        .newerFormat, path: path,
        problem: "format \(format) was written by a newer program: nothing was touched")
    }
    guard let ring = KeyRing(object) else {
      throw StorageError(.corrupt, path: path, problem: "a key is missing or malformed")
    }
    self = ring
  }

  private init?(_ object: JSONObject) {
    guard let id = object["id"]?.stringValue.flatMap({ UniqueID($0) }),
      let passphrase = object["passphrase"]?.objectValue,
      let recovery = object["recovery"]?.objectValue?.bytes("key"),
      let salt = passphrase.bytes("salt"), let key = passphrase.bytes("key"),
      let n = passphrase.count("n"), let r = passphrase.count("r"), let p = passphrase.count("p")
    else { return nil }
    let costs = PassphraseCosts(n: n, r: r, p: p)
    guard costs.areReasonable else { return nil }
    self.init(id: id, salt: salt, costs: costs, byPassphrase: key, byRecovery: recovery)
    let people = object["people"]?.arrayValue ?? []
    self.people = people.compactMap { $0.objectValue.flatMap(PersonalKey.init) }
    guard self.people.count == people.count else { return nil }
  }
}

/// The store's key as a person's password opens it.
private struct PersonalKey: Sendable {
  /// Of the address.
  let tag: [UInt8]
  let salt: [UInt8]
  let costs: PassphraseCosts
  let wrapped: [UInt8]

  init(tag: [UInt8], salt: [UInt8], costs: PassphraseCosts, wrapped: [UInt8]) {
    (self.tag, self.salt, self.costs, self.wrapped) = (tag, salt, costs, wrapped)
  }

  var object: JSONObject {
    [
      "person": .string(HexText.text(tag)), "hash": "scrypt",
      "n": .number(JSONNumber(costs.n)), "r": .number(JSONNumber(costs.r)),
      "p": .number(JSONNumber(costs.p)), "salt": .string(HexText.text(salt)),
      "key": .string(HexText.text(wrapped)),
    ]
  }

  init?(_ object: JSONObject) {
    guard let tag = object.bytes("person"), let salt = object.bytes("salt"),
      let key = object.bytes("key"), let n = object.count("n"), let r = object.count("r"),
      let p = object.count("p")
    else { return nil }
    let costs = PassphraseCosts(n: n, r: r, p: p)
    guard costs.areReasonable else { return nil }
    self.init(tag: tag, salt: salt, costs: costs, wrapped: key)
  }
}

extension JSONObject {
  fileprivate func bytes(_ key: String) -> [UInt8]? {
    self[key]?.stringValue.flatMap(HexText.bytes)
  }

  fileprivate func count(_ key: String) -> UInt64? {
    self[key]?.intValue.flatMap { UInt64(exactly: $0) }
  }
}
