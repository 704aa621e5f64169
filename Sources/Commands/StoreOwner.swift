import Causality
import CommandLineTool
import Control
import Documents
import HTTP
import Platform
import Replica
import Storage

/// Carries out the commands of other programs on a store that this process owns: they come through
/// its control socket.
final class StoreOwner: Sendable {
  private let control: HTTPServer

  /// Where the API is besides the socket; nil if nowhere.
  let address: String?

  /// Answers from now on.
  /// - Parameters:
  ///   - listen: an address on loopback for the API; requests there carry the token of the store.
  ///   - noteWrite: called after each command that has written something, or enrolled the device.
  init(
    runner: CommandRunner, listen: Endpoint? = nil, noteWrite: @escaping @Sendable () -> Void = {}
  ) throws(SystemError) {
    var limits = HTTPLimits.standard
    limits.maximumBodyByteCount = ControlHandler.maximumByteCount
    let token = listen == nil ? nil : try Self.token(of: runner.replica)
    let control = HTTPServer(
      handler: LocalHandler(
        control: ControlHandler { Self.run($0, runner, noteWrite) }, runner: runner, token: token,
        noteWrite: noteWrite),
      limits: limits)
    _ = try control.listen(on: .unix(path: runner.replica.store.layout.controlSocket))
    address = try listen.map { (endpoint) throws(SystemError) in
      try control.listen(on: endpoint).description
    }
    try control.start()
    self.control = control
  }

  /// The token in the store's `api.token`, made the first time. Only the store's user can read it.
  private static func token(of replica: Replica) throws(SystemError) -> String {
    let (path, fileSystem) = (replica.store.layout.apiToken, POSIXFileSystem())
    if try fileSystem.status(path) != nil {
      return String(
        decoding: try fileSystem.readFile(path).filter { $0 > UInt8(ascii: " ") }, as: UTF8.self)
    }
    let token = HexText.text(replica.world.random.bytes(tokenByteCount))
    try fileSystem.writeFileDurably(path, Array("\(token)\n".utf8))
    return token
  }

  /// 256 bits.
  private static let tokenByteCount = 32

  private static func run(
    _ call: ControlCall, _ runner: CommandRunner, _ noteWrite: () -> Void
  ) -> CommandOutcome {
    do {
      let parsed = try SatchelProgram.description.parse(call.arguments) {
        Settings(options: $0, environment: { _ in nil })
      }
      switch parsed {
      case .print(let text): return CommandOutcome(printing: text)
      case .run(let invocation):
        let (before, enrolment) = (runner.ownTransactionCount, runner.refreshToken)
        defer {
          if runner.ownTransactionCount != before || runner.refreshToken != enrolment {
            noteWrite()
          }
        }
        return runner.run(invocation, input: call.input)
      }
    } catch {
      return .failure("\(error)", status: 2)
    }
  }

  /// Takes no more commands; those that are under way come to their end first.
  func stop(withinSeconds seconds: Double) { control.stop(withinSeconds: seconds) }
}

extension CommandRunner {
  fileprivate var refreshToken: String? { replica.store.identity.enrolment?.refreshToken }

  var ownTransactionCount: UInt64 {
    let id = replica.id
    return replica.read { $0.knowledge[id] }
  }
}
