import Causality
import JSON
import Replica
import SyncProtocol
import Synchronization

/// The way from a laptop to the server, with all that befalls messages on it.
final class Line: SyncTransport {
  /// A request that has not arrived yet.
  struct Late: Sendable {
    let request: TransportRequest
    let device: UniqueID
  }

  /// What came of the messages of one sync.
  struct Record: Sendable {
    var late: [Late] = []
    /// The last request that the server took.
    var last: TransportRequest?
    var count = 0
    var faults: [(fault: MessageFault, message: String)] = []
  }

  private struct State: Sendable {
    var dice: Dice
    var record = Record()
  }

  private let desk: ServerDesk
  private let device: UniqueID
  /// Nil for a line on which nothing is lost.
  private let mix: NetworkMix?
  /// Whether the server's power has failed.
  private let isDown: @Sendable () -> Bool
  private let state: Mutex<State>

  init(
    to desk: ServerDesk, from device: UniqueID, _ mix: NetworkMix?, seed: UInt64,
    isDown: @escaping @Sendable () -> Bool
  ) {
    (self.desk, self.device) = (desk, device)
    (self.mix, self.isDown) = (mix, isDown)
    state = Mutex(State(dice: Dice(seed: seed)))
  }

  var record: Record { state.withLock { $0.record } }

  func send(_ request: TransportRequest) throws(TransportError) -> TransportReply {
    let fault = state.withLock { state in
      state.record.count += 1
      let fault = mix?.draw(&state.dice)
      if let fault { state.record.faults.append((fault, MessageName.of(request))) }
      return fault
    }
    guard let fault else { return try deliver(request) }
    return try send(request, suffering: fault)
  }

  private func send(
    _ request: TransportRequest, suffering fault: MessageFault
  ) throws(TransportError) -> TransportReply {
    var (request, dice) = (request, state.withLock { Dice(seed: $0.dice.next()) })
    switch fault {
    case .requestLost: throw TransportError("the request was lost")
    case .answerLost:
      _ = try deliver(request)
      throw TransportError("the answer was lost")
    case .duplicated:
      let first = try deliver(request)
      let second = try deliver(request)
      return dice.once(in: 2) ? first : second
    case .late:
      state.withLock { [request] in
        $0.record.late.append(Late(request: request, device: device))
      }
      throw TransportError("the request took too long")
    case .requestCut:
      request.body.removeLast(dice.below(request.body.count) + 1)
      _ = try deliver(request)
      throw TransportError("the connection broke")
    case .requestFlipped:
      Self.flip(&request.body, &dice)
      return try deliver(request)
    case .answerCut:
      var reply = try deliver(request)
      reply.body.removeLast(min(reply.body.count, dice.below(reply.body.count) + 1))
      return reply
    case .answerFlipped:
      var reply = try deliver(request)
      Self.flip(&reply.body, &dice)
      return reply
    case .foreignPage:
      return ServerDesk.reply(200, "text/html", Array("<html>Sign in</html>".utf8))
    case .tooLarge:
      return request.body.count < 16 << 10
        ? try deliver(request)
        : ServerDesk.reply(413, "text/html", Array("<html>Too large</html>".utf8))
    }
  }

  private static func flip(_ bytes: inout [UInt8], _ dice: inout Dice) {
    guard !bytes.isEmpty else { return }
    let bit = dice.below(bytes.count * 8)
    bytes[bit / 8] ^= 1 << (bit % 8)
  }

  private func deliver(_ request: TransportRequest) throws(TransportError) -> TransportReply {
    let reply = isDown() ? nil : desk.answer(request, from: device)
    guard let reply, !isDown() else { throw TransportError("the server is down") }
    if reply.status == 200 { state.withLock { [request] in $0.record.last = request } }
    return reply
  }
}

/// What a request is for, in words.
enum MessageName {
  static func of(_ request: TransportRequest) -> String {
    if request.path == SyncProtocolVersion.historiesPath { return "comparing histories" }
    if request.path == SyncProtocolVersion.surrenderPath { return "surrender" }
    let line = request.body.prefix { $0 != UInt8(ascii: "\n") }
    let head = (try? JSONValue(parsing: line))?.objectValue
    guard let value = head?["push"] else { return "whole push" }
    guard let push = value.objectValue else { return "page of a pull" }
    let isFirst = push["page"]?.intValue ?? 0 == 0
    let isLast = push["last"]?.boolValue ?? true
    if isFirst { return isLast ? "whole push" : "first page of a push" }
    return isLast ? "last page of a push" : "later page of a push"
  }
}
