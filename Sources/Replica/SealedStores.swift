package import Causality
package import Platform
package import Storage

/// Where the passphrase of a sealed store comes from: a person, a file or the environment.
package protocol PassphraseSource: Sendable {
  /// - Parameter question: for a person: what is wanted.
  /// - Returns: nil if there is nobody to ask.
  /// - Throws: `system` if it should be in a file that cannot be read.
  func passphrase(_ question: String) throws(StorageError) -> String?
}

/// Knows none.
package struct NoPassphrases: PassphraseSource {
  package init() {}
  package func passphrase(_: String) -> String? { nil }
}

/// What a person typed to open a sealed store.
package enum StoreSecret: Sendable {
  case passphrase(String)
  case recovery(RecoveryKey)
  /// - Parameter email: in the form in which addresses are compared.
  case person(email: String, password: String)
}

extension ReplicaSetup {
  /// The seal of a store that nobody owns: none, or the one that the passphrase opens. A change of the seal that
  /// was cut off is finished first.
  ///
  /// - Throws: `sealed` if there is no passphrase, or a wrong one; `locked` if somebody owns a sealed store.
  func seal(of path: String) throws(StorageError) -> any Seal {
    try seal(of: path, try Store.keys(at: path, fileSystem: fileSystem))
  }

  /// The seal of a directory that nobody opens as a store, such as a backup.
  func keySeal(of path: String) throws(StorageError) -> any Seal {
    let layout = StoreLayout(root: path)
    return try seal(of: path, try KeyFile(layout: layout, fileSystem: fileSystem).read())
  }

  private func seal(of path: String, _ ring: KeyRing?) throws(StorageError) -> any Seal {
    guard let ring else { return NoSeal() }
    if let secret, try opens(secret, ring) { return try seal(of: path, ring, secret) }
    guard let passphrase = try passphrases.passphrase("Passphrase of \(path)") else {
      throw StorageError(
        .sealed, path: path,
        problem:
          "is encrypted: its passphrase is wanted, on a terminal, in SATCHEL_PASSPHRASE or in the "
          + "file that --passphrase-file names")
    }
    return try seal(of: path, ring, .passphrase(passphrase))
  }

  /// Whether a secret is one of a store's: somebody who has never logged in there has none.
  private func opens(_ secret: StoreSecret, _ ring: KeyRing) throws(StorageError) -> Bool {
    guard case .person(let email, _) = secret else { return true }
    return ring.knows(email, try workshop())
  }

  private func seal(
    of path: String, _ ring: KeyRing, _ secret: StoreSecret
  ) throws(StorageError) -> StoreSeal {
    let workshop = try workshop()
    switch secret {
    case .passphrase(let passphrase):
      if let seal = ring.seal(passphrase: passphrase, workshop) { return seal }
      throw StorageError(
        .sealed, path: path,
        problem: "is not opened by this passphrase; nothing was changed (satchel passphrase "
          + "--recovery sets another one with the recovery key)")
    case .recovery(let key):
      if let seal = ring.seal(recovery: key, workshop) { return seal }
      throw StorageError(
        .sealed, path: path, problem: "is not opened by this recovery key; nothing was changed")
    case .person(let email, let password):
      if let seal = ring.seal(email: email, password: password, workshop) { return seal }
      throw StorageError(
        .sealed, path: path, problem: "is not opened: the e-mail address or the password is wrong")
    }
  }

  private func workshop() throws(StorageError) -> KeyRing.Workshop {
    try Self.workshop(world.random)
  }

  /// What keys are made with.
  package static func workshop(
    _ random: any RandomSource
  ) throws(StorageError) -> KeyRing.Workshop {
    do throws(LibraryError) {
      return KeyRing.Workshop(try Cryptography.load(), random: random)
    } catch {
      throw StorageError(.system, path: "", problem: "\(error)")
    }
  }

  /// Whether a store that nobody owns is sealed.
  package func isSealed(_ path: String) throws(ReplicaError) -> Bool {
    try stored { () throws(StorageError) in
      try Store.keys(at: path, fileSystem: fileSystem) != nil
    }
  }

  /// Makes a sealed store with a new identity. Durable on return.
  /// - Returns: the key to be told to a person, this once.
  package func createSealed(
    _ path: String, account: UniqueID, isLocalAccount: Bool, passphrase: String
  ) throws(ReplicaError) -> (replica: Replica, recovery: RecoveryKey) {
    let recovery = RecoveryKey(random: world.random)
    let seal = try stored { () throws(StorageError) in
      let (ring, seal) = try KeyRing.make(
        passphrase: passphrase, recovery: recovery, try workshop())
      try Store.prepareSealed(at: path, ring, fileSystem: fileSystem)
      return seal
    }
    let replica = try create(
      path, account: account, isLocalAccount: isLocalAccount, role: .laptop, seal: seal)
    return (replica, recovery)
  }

  /// Seals a store that nobody owns, or gives a sealed one another key. Durable on return; cut off before, the
  /// store is as it was. O(store).
  ///
  /// - Returns: the key to be told to a person, this once.
  package func encrypt(
    _ path: String, passphrase: String
  ) throws(ReplicaError) -> RecoveryKey {
    let recovery = RecoveryKey(random: world.random)
    try stored { () throws(StorageError) in
      let old = try seal(of: path)
      let (ring, seal) = try KeyRing.make(
        passphrase: passphrase, recovery: recovery, try workshop())
      try reseal(path, from: old, to: seal, ring)
    }
    return recovery
  }

  /// Takes the seal off a store that nobody owns. Durable on return. O(store).
  /// - Throws: `sealed`; `exists` if it has none.
  package func decrypt(_ path: String) throws(ReplicaError) {
    try stored { () throws(StorageError) in
      let old = try seal(of: path)
      guard old.isSecret else {
        throw StorageError(.exists, path: path, problem: "is not encrypted")
      }
      try reseal(path, from: old, to: NoSeal(), nil)
    }
  }

  private func reseal(
    _ path: String, from old: any Seal, to new: any Seal, _ ring: KeyRing?
  ) throws(StorageError) {
    var environment = environment
    environment.seal = old
    try Store.withLock(at: path, fileSystem: fileSystem, seal: old) {
      (layout) throws(StorageError) in
      try Resealer(root: path, environment: environment, to: new, ring).run()
      try ResealedStore(layout: layout, fileSystem: fileSystem).takePlace()
    }
  }

  /// Gives a sealed store that nobody owns another passphrase; the store itself stays as it is. Durable on
  /// return.
  ///
  /// - Parameter secret: what opens it now.
  /// - Throws: `sealed` if that is wrong; `exists` if the store is not sealed.
  package func setPassphrase(
    _ path: String, to passphrase: String, by secret: StoreSecret
  ) throws(ReplicaError) {
    try stored { () throws(StorageError) in
      guard var ring = try Store.keys(at: path, fileSystem: fileSystem) else {
        throw StorageError(.exists, path: path, problem: "is not encrypted")
      }
      let seal = try seal(of: path, ring, secret)
      try ring.setPassphrase(passphrase, for: seal, try workshop())
      try Store.withLock(at: path, fileSystem: fileSystem) { (layout) throws(StorageError) in
        try KeyFile(layout: layout, fileSystem: fileSystem).write(ring)
      }
    }
  }
}
