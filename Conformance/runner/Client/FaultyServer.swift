import Causality
import Clinic
import Documents
import HTTP
import JSON
import Platform
import Replica
import Server
import Simulation
import Storage
import SyncProtocol
import Synchronization

/// A sane server in this process, with real files, and a way to it on which one thing goes wrong at a time.
final class FaultyServer {
  /// How long requests that are under way may take to end, in seconds.
  private static let stopSeconds = 5.0
  private static let owner = "owner@example.org"

  private let setup: ReplicaSetup
  private let data: ServerData
  private let sane: HTTPServer
  private let faulty: HTTPServer
  private let handler: FaultyHandler
  private let proxy: CuttingProxy
  private let account: UniqueID
  /// Where nothing goes wrong.
  let saneURL: String

  /// Where the laptop under test finds it.
  var url: String { proxy.url }

  init(directory: String, _ setup: ReplicaSetup) throws {
    self.setup = setup
    data = try ServerData.open(directory, setup: setup)
    account = try data.createAccount(name: "Conformance", id: nil)
    _ = try data.createUser(
      NewUser(
        account: account,
        fields: ["email": .string(Self.owner), "role": "owner", "name": "Tester"], password: nil))
    let settings = ServerSettings(listen: "127.0.0.1:0")
    let handler = SyncHandler(
      data: data, access: Access(data: data), logins: try Logins(data: data, settings: settings),
      settings: settings)
    let codec = SyncCodec(rules: setup.catalogue.rules, digest: setup.world.digest)
    let replica = try data.replica(of: account)
    self.handler = FaultyHandler(sane: handler, codec: codec, digest: setup.world.digest) {
      replica.read { $0.history.runs(since: VersionVector()) }
    }
    (sane, faulty) = (HTTPServer(handler: handler), HTTPServer(handler: self.handler))
    let anyPort = Endpoint.tcp(host: "127.0.0.1", port: 0)
    saneURL = "http://\(try sane.listen(on: anyPort))"
    proxy = try CuttingProxy(to: try faulty.listen(on: anyPort).description)
    try sane.start()
    try faulty.start()
    self.handler.state.withLock { $0.way = proxy }
  }

  func close() {
    handler.state.withLock { $0.way = nil }
    data.watches.stop()
    for server in [sane, faulty] { server.stop(withinSeconds: Self.stopSeconds) }
    data.close()
  }

  /// What goes wrong from now on between the laptop under test and the server.
  func begin(_ fault: Fault) {
    proxy.mend()
    handler.state.withLock { ($0.fault, $0.count) = (nil, 0) }
    switch fault {
    case .answers(let answer): handler.state.withLock { $0.fault = answer }
    case .cuts(let sent, let received): proxy.cut(sent: sent, received: received)
    case .drips: proxy.drip()
    case .none: break
    }
  }

  func newCode() throws -> String {
    try data.createCode(account: account, email: Self.owner, minutes: 60)
  }

  /// How many transactions the server knows of devices that are none of these.
  func transactionCount(ofOthersThan devices: [UniqueID]) throws -> Int {
    let replicas = data.read { registry in
      registry.devices.filter { !devices.contains($0.id) }.flatMap(\.replicas)
    }
    return try data.replica(of: account).read { tables in
      replicas.reduce(0) { $0 + Int(tables.knowledge[$1]) }
    }
  }

  /// How many pages of a pull were asked for again after they had arrived whole.
  var repeatedPageCount: Int { handler.state.withLock { $0.repeatedPageCount } }
}

extension FaultyServer: Operator {
  func run(_ verb: String, _ arguments: String...) throws -> String {
    switch verb {
    case "new-account": account.description
    case "new-code": try newCode()
    default: throw Driver.Missing(verb: verb)
    }
  }
}
