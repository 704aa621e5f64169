import CommandLineTool
import Control
import HTTP
import Platform
import Replica
import Synchronization

/// A running server: the network address for laptops, the control socket for its operator.
package final class RunningServer: Sendable {
  /// How long requests that are under way may take to end, in seconds.
  private static let stopSeconds = 3.5

  private let data: ServerData
  private let front: FrontHandler
  private let log: EventLog?
  private let network: HTTPServer
  private let control: HTTPServer
  private let upkeep: Upkeep
  private let postman: Postman
  /// Where laptops reach it: `127.0.0.1:7420`.
  package let address: String

  /// Starts answering.
  /// - Parameter log: what is told the operator; nil if nobody listens.
  /// - Throws: `refused` for an address that must not be used, `system` if it cannot be.
  package init(
    data: ServerData, settings: ServerSettings, log: EventLog? = nil
  ) throws(ServerError) {
    let listen = settings.listen
    guard let endpoint = Endpoint(listen), case .tcp = endpoint else {
      throw .usage("--listen: \"\(listen)\" is no address such as 127.0.0.1:7420")
    }
    guard endpoint.isLoopback || settings.isBehindProxy else {
      throw .refused(
        "\(listen) can be reached from outside, and this server does no TLS itself: put a proxy in "
          + "front and say so with --behind-proxy")
    }
    (self.data, self.log) = (data, log)
    let front = FrontHandler(try Self.parts(data, settings))
    self.front = front
    network = HTTPServer(
      handler: front,
      observer: RequestObserver(metrics: data.metrics, log: log, front: front),
      limits: settings.limits)
    control = HTTPServer(handler: ControlHandler { call in Self.administer(call, data) })
    upkeep = Upkeep { data.openReplicas }
    postman = try onSystem { () throws(SystemError) in
      try Postman(
        data: data, style: settings.letters, program: settings.sendmail,
        tell: { log?.tell($0) })
    }
    let (network, control, upkeep, postman) = (network, control, upkeep, postman)
    data.employ(postman)
    let socket = data.layout.controlSocket
    address = try onSystem { () throws(SystemError) in
      let bound = try network.listen(on: endpoint)
      _ = try control.listen(on: .unix(path: socket))
      try network.start()
      try control.start()
      try upkeep.start()
      try data.watches.start()
      try data.audit.start()
      try postman.start()
      return bound.description
    }
  }

  private static func parts(
    _ data: ServerData, _ settings: ServerSettings
  ) throws(ServerError) -> FrontHandler.Parts {
    let logins = try Logins(data: data, settings: settings)
    return FrontHandler.Parts(
      inner: SyncHandler(
        data: data, access: Access(data: data), logins: logins, settings: settings),
      throttles: logins.throttles, tellsAll: settings.isDebug)
  }

  /// Goes on with other settings, from the next request on. The address, limits of connections and letters stay
  /// as they were when the server began.
  package func reload(_ settings: ServerSettings) throws(ServerError) {
    front.exchange(for: try Self.parts(data, settings))
    log?.tell("settings were read again")
  }

  private static func administer(_ call: ControlCall, _ data: ServerData) -> CommandOutcome {
    do {
      let parsed = try ServerProgram.description.parse(call.arguments) {
        Settings(options: $0, environment: { _ in nil })
      }
      switch parsed {
      case .print(let text): return CommandOutcome(printing: text)
      case .run(let invocation):
        return Administration(data: data).run(invocation, input: call.input)
      }
    } catch {
      return .failure("\(error)", status: 2)
    }
  }

  /// Ends it: what is under way is answered first.
  package func stop() {
    data.watches.stop()
    network.stop(withinSeconds: Self.stopSeconds)
    control.stop(withinSeconds: Self.stopSeconds)
    upkeep.stop()
    postman.stop()
  }
}
