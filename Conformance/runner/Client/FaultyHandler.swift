import Documents
import HTTP
import JSON
import Platform
import Server
import Simulation
import SyncProtocol
import Synchronization

/// Answers as the sane server does, but for what goes wrong with exchanges.
final class FaultyHandler: HTTPHandler {
  struct State {
    var fault: Fault.Answer?
    /// Exchanges since the fault began.
    var count = 0
    /// The last answer that went out as it was.
    var previous: HTTPResponse?
    /// Places of pulls whose page arrived whole, with others behind it.
    var arrived: Set<String> = []
    var repeatedPageCount = 0
    /// Closes connections.
    var way: CuttingProxy?
  }

  let state = Mutex(State())
  private let sane: SyncHandler
  private let codec: SyncCodec
  private let digest: Digest
  /// All that the server knows.
  private let runs: @Sendable () -> [TransactionRun]

  init(
    sane: SyncHandler, codec: SyncCodec, digest: @escaping Digest,
    runs: @escaping @Sendable () -> [TransactionRun]
  ) {
    (self.sane, self.codec, self.digest, self.runs) = (sane, codec, digest, runs)
  }

  func admit(_ head: HTTPRequest) -> HTTPAdmission {
    head.path == Fault.portalPath ? .answer(Fault.page(status: 200)) : sane.admit(head)
  }

  func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
    guard request.path == SyncProtocolVersion.exchangePath else {
      return sane.handle(request, reply)
    }
    let (fault, exchange) = state.withLock { state in
      state.count += 1
      return (
        state.fault,
        FaultyExchange(
          request: request, number: state.count, previous: state.previous, sane: sane, codec: codec,
          digest: digest, runs: runs)
      )
    }
    note(exchange)
    guard let fault else { return reply.send(deliver(exchange.answer(), to: exchange)) }
    guard let answer = fault(exchange) else {
      state.withLock { $0.way }?.cut(received: 0)
      return reply.send(Fault.page(status: 503))
    }
    reply.send(exchange.isRight(answer) ? deliver(answer, to: exchange) : answer)
  }

  private func note(_ exchange: FaultyExchange) {
    guard let place = exchange.pullPlace else { return }
    state.withLock { if $0.arrived.contains(place) { $0.repeatedPageCount += 1 } }
  }

  private func deliver(_ answer: HTTPResponse, to exchange: FaultyExchange) -> HTTPResponse {
    let hasMore = (try? codec.reply(answer.body))?.pull?.isLast == false
    state.withLock { state in
      state.previous = answer
      if hasMore, let place = exchange.pullPlace { state.arrived.insert(place) }
    }
    return answer
  }
}

/// One exchange, and what the sane server says to it.
final class FaultyExchange {
  let request: HTTPRequest
  /// Counted from 1 since the fault began.
  let number: Int
  /// The last right answer to another request.
  let previous: HTTPResponse?
  let codec: SyncCodec
  private let digest: Digest
  private let sane: SyncHandler
  private let runs: @Sendable () -> [TransactionRun]
  private var said: HTTPResponse?

  init(
    request: HTTPRequest, number: Int, previous: HTTPResponse?, sane: SyncHandler,
    codec: SyncCodec, digest: @escaping Digest, runs: @escaping @Sendable () -> [TransactionRun]
  ) {
    (self.request, self.number, self.previous) = (request, number, previous)
    (self.sane, self.codec, self.digest, self.runs) = (sane, codec, digest, runs)
  }

  func lines(of answer: HTTPResponse) -> AnswerLines { AnswerLines(answer.body, digest: digest) }

  /// The body as it was before it was packed.
  var body: [UInt8] {
    guard request.headers["Content-Encoding"] != nil else { return request.body }
    return (try? Gzip.system?.unpacked(request.body, maximumByteCount: 64 << 20)) ?? []
  }

  /// Where a request that pulls wants to go on; nil for one that does not pull.
  var pullPlace: String? {
    guard let pull = (try? codec.request(body))?.pull else { return nil }
    return pull.cursor.map { "\($0.position) \($0.head) \($0.mark)" } ?? "the start"
  }

  /// What the sane server answers, not packed. It carries out the request once.
  func answer() -> HTTPResponse {
    if let said { return said }
    var request = request
    request.headers.remove("Accept-Encoding")
    let box = Mutex<HTTPResponse?>(nil)
    sane.handle(request, HTTPReply { response in box.withLock { $0 = response } })
    let answer = box.withLock { $0 } ?? Fault.page(status: 500)
    said = answer
    return answer
  }

  /// The answer with all transactions that the server knows, as only a last page has them.
  func answerWithAllRuns() -> HTTPResponse {
    var answer = answer()
    guard var reply = try? codec.reply(answer.body) else { return answer }
    reply.runs = runs()
    answer.body = codec.encode(reply)
    return answer
  }

  /// Whether an answer is what the sane server said.
  func isRight(_ answer: HTTPResponse) -> Bool {
    said?.status == 200 && answer.status == 200 && said?.body == answer.body
      && said?.headers.fields.count == answer.headers.fields.count
  }
}
