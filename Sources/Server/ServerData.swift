package import Causality
import Clinic
import Documents
import JSON
package import Platform
package import Replica
package import Storage
import Synchronization

/// A server's data directory, owned by one process: the accounts' stores and the registry.
/// All methods may be called from any thread.
package final class ServerData: Sendable {
  package let layout: ServerLayout
  package let fileSystem: any FileSystem
  package let setup: ReplicaSetup
  private let lock: any File
  private let registry: Mutex<Registry>
  package let watches = WatchHub()
  private let deviceTokenKey: Mutex<DeviceTokens>
  package let metrics: Metrics
  let audit: AuditLog
  let loginKeys: LoginKeys
  /// Told when a letter may have to be sent.
  private let postman = Mutex<Postman?>(nil)
  private let replicas = Mutex<[UniqueID: Replica]>([:])
  /// Held while a patient opens an account: it is written at two places.
  let acceptance = Mutex(())

  private init(
    layout: ServerLayout, setup: ReplicaSetup, lock: any File, registry: Registry,
    deviceTokens: DeviceTokens, audit: AuditLog
  ) {
    self.audit = audit
    deviceTokenKey = Mutex(deviceTokens)

    self.layout = layout
    let metrics = Metrics()
    fileSystem = MeasuredFileSystem(inner: setup.fileSystem) { metrics.note(syncSeconds: $0) }
    self.setup = ReplicaSetup(
      fileSystem: fileSystem, catalogue: setup.catalogue, world: setup.world)
    self.metrics = metrics
    loginKeys = LoginKeys(path: layout.loginKeys, self.setup)
    self.lock = lock
    self.registry = Mutex(registry)
  }

  /// Opens a data directory; an empty one is made.
  /// - Throws: `locked` if another process owns it.
  package static func open(_ root: String, setup: ReplicaSetup) throws(ServerError) -> ServerData {
    let layout = ServerLayout(root: root)
    let fileSystem = setup.fileSystem
    let lock = try onSystem { () throws(SystemError) in
      try fileSystem.createDirectory(layout.accounts)
      try fileSystem.createDirectory(layout.registryDirectory)
      return try fileSystem.open(layout.lock, .openOrCreate)
    }
    guard try onSystem({ () throws(SystemError) in try lock.tryLock() }) else {
      lock.close()
      throw .locked(path: layout.root)
    }
    do {
      let registry = try readRegistry(layout, fileSystem)
      let key = try SecretKey(path: layout.deviceKey, setup).bytes()
      return ServerData(
        layout: layout, setup: setup, lock: lock, registry: registry,
        deviceTokens: DeviceTokens(key: key, try cryptography()),
        audit: try onSystem { () throws(SystemError) in try AuditLog(layout, setup: setup) })
    } catch {
      lock.close()
      throw error
    }
  }

  private static func cryptography() throws(ServerError) -> Cryptography {
    do { return try Cryptography.load() } catch { throw .refused("\(error)") }
  }

  private static func readRegistry(
    _ layout: ServerLayout, _ fileSystem: any FileSystem
  ) throws(ServerError) -> Registry {
    let bytes = try onSystem { () throws(SystemError) -> [UInt8]? in
      guard try fileSystem.status(layout.registry) != nil else { return nil }
      return try fileSystem.readFile(layout.registry)
    }
    guard let bytes else { return Registry() }
    guard let registry = Registry(bytes) else { throw .corrupt(path: layout.registry) }
    return registry
  }

  /// Gives up the directory and all stores in it.
  package func close() {
    audit.stop()
    replicas.withLock { replicas in
      for replica in replicas.values { replica.store.close() }
      replicas = [:]
    }
    lock.close()
  }

  /// What devices show, by the key that is in use.
  var deviceTokens: DeviceTokens { deviceTokenKey.withLock { $0 } }

  /// From now on, as the tokens that a backup knows.
  func useDeviceKey(_ key: [UInt8]) { deviceTokenKey.withLock { $0 = $0.with(key: key) } }

  package func read<Result: Sendable>(_ body: (Registry) -> Result) -> Result {
    registry.withLock { body($0) }
  }

  /// Changes the registry. Durable on return; nothing has changed if it throws.
  package func update<Result: Sendable>(
    _ change: (inout Registry) throws(ServerError) -> Result
  ) throws(ServerError) -> Result {
    try registry.withLock { (registry) throws(ServerError) in
      var changed = registry
      let result = try change(&changed)
      guard changed != registry else { return result }
      try onSystem { () throws(SystemError) in
        try fileSystem.writeFileDurably(layout.registry, changed.bytes)
      }
      registry = changed
      return result
    }
  }

  /// The store of an account.
  package func replica(of account: UniqueID) throws(ServerError) -> Replica {
    guard read({ $0.accounts.contains { $0.id == account } }) else {
      throw .notFound("no account \(account)")
    }
    return try replicas.withLock { (replicas) throws(ServerError) in
      if let replica = replicas[account] { return replica }
      let replica = try onReplica { () throws(ReplicaError) in
        try setup.open(layout.account(account), role: .server)
      }
      watch(replica)
      replicas[account] = replica
      return replica
    }
  }

  /// Tells waiting laptops of whatever is committed.
  private func watch(_ replica: Replica) {
    replica.observeCommits { [watches, weak replica, weak self] in
      guard let replica else { return }
      watches.tell(replica.account, head: replica.feedHead)
      self?.ringPostman()
    }
  }

  /// From now on told of commits.
  func employ(_ postman: Postman) { self.postman.withLock { $0 = postman } }

  /// Sends a letter that carries a token, if the closure can note it. Where no server runs there is no
  /// postman: it is noted alone.
  func deliver(
    _ letter: UserLetter, _ hash: String, _ note: () throws(ServerError) -> Bool
  ) throws(ServerError) {
    guard let postman = postman.withLock({ $0 }) else {
      _ = try note()
      return
    }
    try postman.send(letter, tokenHash: hash, note: note)
  }

  /// Writes to all administrators of an account. Where no server runs nobody is written to.
  func tellAdministrators(
    of account: UniqueID, _ text: String, subject: String, id: String
  ) throws(ServerError) {
    guard let postman = postman.withLock({ $0 }) else { return }
    let replica = try replica(of: account)
    let users = try onReplica { () throws(ReplicaError) in
      try replica.list(ListQuery(type: "user"))
    }
    let emails = users.filter { user in
      user["role"]?.stringValue.flatMap(Role.init)?.isAdministrator == true
        && !WriteRights.areSuspended(user)
    }.compactMap { $0["email"]?.stringValue }
    try postman.send(text, subject: subject, to: emails, id: id)
  }

  private func ringPostman() { postman.withLock { $0 }?.ring() }

  /// The stores that are open.
  var openReplicas: [Replica] { replicas.withLock { Array($0.values) } }

  /// Checks the store of an account, whether it can be opened or not.
  package func verify(_ account: UniqueID) throws(ServerError) -> VerificationReport {
    if let replica = replicas.withLock({ $0[account] }) { return replica.verify() }
    return try onReplica { () throws(ReplicaError) in try setup.verify(layout.account(account)) }
  }

  /// Heals the store of an account that is damaged, and so not open. Durable on return.
  package func repair(_ account: UniqueID) throws(ServerError) -> RepairReport {
    try replicas.withLock { (replicas) throws(ServerError) in
      if replicas[account] != nil {
        throw .refused("account \(account) is being served: stop the server, then repair it")
      }
      return try onReplica { () throws(ReplicaError) in
        try setup.repair(layout.account(account))
      }
    }
  }

  /// Makes an account, with its store and its document. Durable on return.
  /// - Parameter id: of an account that was lost: laptops may give back what they know of it.
  package func createAccount(name: String, id: UniqueID?) throws(ServerError) -> UniqueID {
    let account = id ?? setup.newID()
    guard read({ !$0.accounts.contains { $0.id == account } }) else {
      throw .refused("account \(account) is there already")
    }
    let replica = try makeStore(of: account)
    watch(replica)
    replicas.withLock { $0[account] = replica }
    try onReplica { () throws(ReplicaError) in
      try replica.transact { (transaction) throws(ReplicaError) in
        let document: JSONObject = ["id": .id(account), "name": .string(name)]
        if try transaction.document(DocumentKey(type: "account", id: account)) == nil {
          _ = try replica.create(document, type: "account", in: &transaction)
        }
      }
      if id != nil { try replica.setRecovery(isOpen: true) }
    }
    try update { (registry) throws(ServerError) in
      registry.accounts.append(AccountRecord(id: account, name: name))
    }
    return account
  }

  /// Makes an account of its own with its first user. Durable on return; if it throws, there is no account.
  /// - Parameter fill: writes the documents.
  func openAccount(
    _ fill: (Replica, inout LocalTransaction) throws(ReplicaError) -> CredentialRecord
  ) throws(ServerError) -> CredentialRecord {
    let account = setup.newID()
    let replica = try makeStore(of: account)
    do {
      let owner = try onReplica { () throws(ReplicaError) in
        try replica.transact { (transaction) throws(ReplicaError) in
          try fill(replica, &transaction)
        }
      }
      let name = try onReplica { () throws(ReplicaError) in
        try replica.livingDocument(DocumentKey(type: "account", id: account)).map(replica.view)
      }
      try update { (registry) throws(ServerError) in
        try Self.requireFree(owner.email, among: registry.credentials)
        registry.accounts.append(
          AccountRecord(id: account, name: name?["name"]?.stringValue ?? ""))
        registry.credentials.append(owner)
      }
      watch(replica)
      replicas.withLock { $0[account] = replica }
      return owner
    } catch {
      replica.store.close()
      try? fileSystem.removeTree(layout.account(account))
      throw error
    }
  }

  /// What a creation that did not come to its end has left is taken up again.
  private func makeStore(of account: UniqueID) throws(ServerError) -> Replica {
    let path = layout.account(account)
    do throws(ReplicaError) {
      return try setup.create(path, account: account, isLocalAccount: false, role: .server)
    } catch .storage(let error) where error.code == .exists {
      return try onReplica { () throws(ReplicaError) in try setup.open(path, role: .server) }
    } catch {
      throw .replica(error)
    }
  }
}
