package import Causality
import Documents
import JSON
package import Platform

/// What `keys.json` says: the store's key, sealed twice: with the key that the passphrase makes, and with the
/// recovery key. Another passphrase seals the same key anew; nothing else of the store changes.
package struct KeyRing: Sendable {
  /// Of the encryption: authenticated with every piece of the store.
  package let id: UniqueID
  private var salt: [UInt8]
  private var costs: PassphraseCosts
  private var byPassphrase: [UInt8]
  private let byRecovery: [UInt8]

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
    let object: JSONObject = [
      "format": .int(Self.format), "id": .string(id.description), "cipher": "AES-256-GCM",
      "passphrase": .object([
        "hash": "scrypt", "n": .number(JSONNumber(costs.n)), "r": .number(JSONNumber(costs.r)),
        "p": .number(JSONNumber(costs.p)), "salt": .string(HexText.text(salt)),
        "key": .string(HexText.text(byPassphrase)),
      ]),
      "recovery": .object(["key": .string(HexText.text(byRecovery))]),
    ]
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
