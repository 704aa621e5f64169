import Causality
import Documents
import JSON
import Laptop
import Platform
import Replica
import Server
import Storage
import Transport

/// A server that runs in this process, and laptops that are enrolled there.
final class SyncGround {
  private static let owner = "owner@example.org"

  private let bench: Workbench
  private let data: ServerData
  private let server: RunningServer
  private let account: UniqueID
  private var laptops: [Laptop] = []

  init(_ bench: Workbench) throws {
    self.bench = bench
    data = try ServerData.open(bench.directory.newPath("server"), setup: bench.setup)
    account = try data.createAccount(name: "Clinic", id: nil)
    _ = try data.createUser(
      NewUser(
        account: account,
        fields: ["email": .string(Self.owner), "role": "owner", "name": "Owner"], password: nil))
    server = try RunningServer(data: data, settings: ServerSettings(listen: "127.0.0.1:0"))
  }

  func close() {
    server.stop()
    for laptop in laptops { laptop.replica.store.close() }
    data.close()
  }

  /// A laptop with a store of its own, enrolled.
  /// - Parameter fill: fills the store before.
  func newLaptop(_ fill: (Replica) throws -> Void = { _ in }) throws -> Laptop {
    let replica = try bench.newReplica()
    try fill(replica)
    return try newLaptop(on: replica)
  }

  func newLaptop(on replica: Replica) throws -> Laptop {
    let laptop = try Self.enrolled(replica, bench.fileSystem, url: url, code: try newCode())
    laptops.append(laptop)
    return laptop
  }

  var url: String { "http://\(server.address)" }

  /// A code with which one laptop can be enrolled.
  func newCode() throws -> String {
    try data.createCode(account: account, email: Self.owner, minutes: 10)
  }

  static func enrolled(
    _ replica: Replica, _ fileSystem: any FileSystem, url: String, code: String
  ) throws -> Laptop {
    let laptop = Laptop(replica: replica, fileSystem: fileSystem) {
      (url, certificateFile) throws(TransportError) in
      try HTTPSTransport(url: url, certificateFile: certificateFile)
    }
    _ = try laptop.enrol(url: url, code: code, deviceName: "bench", certificateFile: nil)
    return laptop
  }

  /// Host and port of the server.
  var address: String { server.address }

  /// How many laptops wait for news.
  var waitingCount: Int { data.watches.count }

  /// Bytes of log at the server.
  func logByteCount() throws -> Int { try data.replica(of: account).store.logByteCount }

  /// Brings server and laptops to rest: what arrived is in its place, and nobody works on it any more.
  func rest() throws {
    _ = try serverReplica.checkpoint()
    for laptop in laptops { _ = try laptop.replica.checkpoint() }
    try bench.settleDisk()
  }

  var serverReplica: Replica { get throws { try data.replica(of: account) } }
}

extension Laptop {
  @discardableResult
  func sync() throws -> SyncReport { try syncOnce(url: nil) }

  /// Changes a field of documents, in transactions of at most 1,000.
  func edit(_ keys: some Collection<DocumentKey>, _ field: String, _ value: String) throws {
    let keys = Array(keys)
    for start in stride(from: 0, to: keys.count, by: 1000) {
      try replica.transact { (transaction) throws(ReplicaError) in
        for key in keys[start..<min(start + 1000, keys.count)] {
          guard let document = try transaction.document(key) else { continue }
          var fields = transaction.fields(document)
          fields[field] = .string(value)
          try transaction.set(key, to: fields)
        }
      }
    }
  }
}
