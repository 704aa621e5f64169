internal import Platform

/// One connection as a state machine: bytes, answers and the time go in; requests, and bytes to
/// write, come out. It does no I/O.
///
/// The next request is parsed only when the answer before it has been written whole, and nothing is
/// read meanwhile, so that a peer that sends requests without reading answers fills its own buffers
/// and not ours.
struct Conversation: Sendable {
  typealias Instant = ContinuousClock.Instant

  enum Phase: Sendable, Equatable {
    /// Nothing of a request has come in.
    case idle
    case head
    case body
    /// A request is with the handler.
    case handling
    case writing
    /// Our side is closed; what the peer still sends is thrown away.
    case draining(byteCount: Int)
    case closed
  }

  private(set) var phase = Phase.idle
  /// When `expire` is to be called; nil while the handler has the request.
  private(set) var deadline: Instant?
  /// What is to be written, from `outputOffset` on; then `laterOutput`.
  private(set) var output: [UInt8] = []
  private(set) var outputOffset = 0
  /// The body of a large answer: as the handler gave it, so that many connections share the bytes of one.
  private var laterOutput: [UInt8] = []
  /// When the peer last took something of the answer, or the answer began.
  private(set) var progressTime: Instant

  private let handler: any HTTPHandler
  private let observer: any HTTPObserver
  private let limits: HTTPLimits
  private let clock: (any WallClock)?
  private let peer: String
  private var parser: RequestParser
  private var pace: TransferPace
  /// Whose turn the request waits for that is with the handler.
  private(set) var lane = HTTPLane.common
  private var handledByteCount = 0
  /// The exchange whose answer may be repeated; nil if none may.
  private var answered: HTTPExchange?
  /// The request that is not answered yet, without its body, and when it was understood.
  private var asked: (request: HTTPRequest, at: Instant)?
  private var isHead = false
  private var closesAfterAnswer = false
  private var owesContinue = false
  private var isStopping = false
  private var hasAnswered = false
  /// What the last request is answered with when it comes again.
  private var repeated: RepeatedAnswer?
  /// Whether the answer that is being written may be repeated.
  private var isConstant = false

  /// - Parameter clock: dates the answers; nil for no dates.
  init(
    handler: any HTTPHandler, observer: any HTTPObserver = NoObserver(), limits: HTTPLimits,
    clock: (any WallClock)? = nil, peer: String, at now: Instant
  ) {
    (self.handler, self.observer) = (handler, observer)
    (self.limits, self.clock) = (limits, clock)
    self.peer = peer
    parser = RequestParser(limits: limits)
    pace = TransferPace(from: now, graceSeconds: 0, bytesPerSecond: 1)
    deadline = now + .seconds(limits.idleTimeoutSeconds)
    progressTime = now
  }

  /// Whether a request is awaited or coming in.
  var isReadingRequest: Bool { phase == .idle || phase == .head || phase == .body }

  var wantsInput: Bool { isReadingRequest || isDraining }

  var hasOutput: Bool { outputOffset < output.count }

  /// Whether a large answer waits to be taken.
  var isHoldingAnswer: Bool {
    phase == .writing && output.count + laterOutput.count > limits.smallRequestByteCount
  }

  /// The bytes of requests and answers that this connection keeps in memory, or its handler does.
  var heldByteCount: Int {
    parser.heldByteCount + (phase == .handling ? handledByteCount : 0) + output.count
      + laterOutput.count
  }

  /// Whether our side of the connection should be closed now.
  var isDraining: Bool {
    if case .draining = phase { return true }
    return false
  }

  /// Bytes came in.
  /// - Returns: a request that is complete and goes to the handler.
  mutating func receive(_ bytes: ArraySlice<UInt8>, at now: Instant) -> HTTPRequest? {
    switch phase {
    case .idle where repeated?.isFor(bytes, second) == true && !parser.isInsideRequest:
      giveAgain(at: now)
      return nil
    case .idle, .head, .body:
      let isFirst = phase == .idle && !parser.isInsideRequest
      isConstant = false
      pace.add(bytes.count)
      parser.feed(bytes)
      let request = advance(at: now)
      if isConstant { remember(isFirst ? bytes : []) }
      return request
    case .draining(let byteCount):
      let total = byteCount + bytes.count
      phase = total > limits.maximumDrainByteCount ? .closed : .draining(byteCount: total)
      return nil
    case .handling, .writing, .closed:
      return nil
    }
  }

  /// Notes an answer that the same bytes have again, if they were the whole request.
  private mutating func remember(_ bytes: ArraySlice<UInt8>) {
    isConstant = false
    tellRepeated()
    repeated = nil
    guard !bytes.isEmpty, !parser.hasUnparsedBytes, !closesAfterAnswer, outputOffset == 0,
      laterOutput.isEmpty, let answered
    else { return }
    repeated = RepeatedAnswer(
      request: Array(bytes), answer: output, second: second, exchange: answered)
  }

  /// The time of day that an answer is dated with, in seconds since 1970.
  private var second: UInt64 { (clock?.now() ?? 0) / 1000 }

  private mutating func giveAgain(at now: Instant) {
    guard let answer = repeated?.answer else { return }
    repeated?.untoldCount += 1
    output = answer
    closesAfterAnswer = isStopping
    beginWriting(at: now)
  }

  /// Tells the observer of answers that were repeated.
  mutating func tellRepeated() {
    guard let repeated, repeated.untoldCount > 0 else { return }
    observer.answered(repeated.exchange, times: repeated.untoldCount)
    self.repeated?.untoldCount = 0
  }

  /// The peer sends nothing more. An unfinished request is dropped.
  mutating func receiveEnd() {
    if wantsInput { phase = .closed }
  }

  /// Answers a connection that is one too many, before it has asked for anything.
  mutating func turnAway(at now: Instant) {
    closesAfterAnswer = true
    encode(HTTPRefusal.tooManyConnections.response)
    beginWriting(at: now)
  }

  /// Gives up the request whose body is coming in: there is no room for it.
  mutating func refuseBody(at now: Instant) {
    if phase == .body { refuse(.busy, at: now) }
  }

  /// The handler's answer.
  mutating func answer(_ response: HTTPResponse, at now: Instant) {
    guard phase == .handling else { return }
    hasAnswered = true
    write(response, at: now)
  }

  /// So many bytes of `output` have been written.
  /// - Returns: the next request, if it had come in with the one before.
  mutating func wrote(_ count: Int, at now: Instant) -> HTTPRequest? {
    outputOffset += count
    progressTime = now
    guard !hasOutput else {
      guard phase == .writing else { return nil }
      pace.add(count)
      deadline = pace.deadline
      return nil
    }
    (output, outputOffset, laterOutput) = (laterOutput, 0, [])
    return phase == .writing && !hasOutput ? finishAnswer(at: now) : nil
  }

  /// The deadline has passed.
  mutating func expire(at now: Instant) {
    switch phase {
    case .head, .body: refuse(.tooSlow, at: now)
    case .idle, .writing, .draining: phase = .closed
    case .handling, .closed: break
    }
  }

  /// Every answer from now on is the connection's last. A connection that has not asked for anything
  /// yet is given a moment to do so.
  mutating func stop(at now: Instant) {
    isStopping = true
    guard phase == .idle else { return }
    if hasAnswered { phase = .closed } else { deadline = now + .seconds(limits.drainSeconds) }
  }

  private mutating func advance(at now: Instant) -> HTTPRequest? {
    while true {
      switch parser.next() {
      case .needsBytes:
        waitForBytes(at: now)
        return nil
      case .head(let head):
        if let refused = admit(head, at: now) {
          write(refused, at: now)
          return nil
        }
      case .request(var request):
        request.peer = peer
        owesContinue = false
        (phase, deadline) = (.handling, nil)
        handledByteCount = request.body.count
        return request
      case .refused(let refusal):
        refuse(refusal, at: now)
        return nil
      }
    }
  }

  /// - Returns: the answer, if the head alone decides.
  private mutating func admit(_ head: RequestHead, at now: Instant) -> HTTPResponse? {
    isHead = head.request.method == "HEAD"
    closesAfterAnswer = head.closesConnection
    var request = head.request
    request.peer = peer
    asked = (request, now)
    switch handler.admit(request) {
    case .constant(let response):
      isConstant = head.framing == .none
      return refusal(response, head)
    case .accept(let maximum, let lane):
      self.lane = lane
      owesContinue = head.expectsContinue && !parser.hasUnparsedBytes
      parser.accept(maximumBodyByteCount: min(maximum, limits.maximumBodyByteCount))
      phase = .body
      pace = TransferPace(
        from: now, graceSeconds: limits.headerDeadlineSeconds,
        bytesPerSecond: limits.minimumBodyBytesPerSecond)
      return nil
    case .refuse(let response):
      return refusal(response, head)
    }
  }

  private mutating func refusal(_ response: HTTPResponse, _ head: RequestHead) -> HTTPResponse {
    if head.framing == .none {
      parser.accept(maximumBodyByteCount: 0)
      _ = parser.next()
    } else {
      closesAfterAnswer = true
    }
    return response
  }

  private mutating func waitForBytes(at now: Instant) {
    if phase == .body {
      if owesContinue { output.append(contentsOf: ResponseEncoder.continueLine) }
      owesContinue = false
      deadline = pace.deadline
    } else if !parser.isInsideRequest {
      if isStopping { phase = .closed }
    } else if phase == .idle {
      phase = .head
      deadline = now + .seconds(limits.headerDeadlineSeconds)
    }
  }

  private mutating func refuse(_ refusal: HTTPRefusal, at now: Instant) {
    isHead = parser.method == "HEAD"
    closesAfterAnswer = true
    write(refusal.response, at: now)
  }

  private mutating func write(_ response: HTTPResponse, at now: Instant) {
    tell(response, at: now)
    closesAfterAnswer =
      closesAfterAnswer || isStopping || response.headers.lists("close", in: "Connection")
    encode(response)
    beginWriting(at: now)
  }

  private mutating func encode(_ response: HTTPResponse) {
    let answer = ResponseEncoder.encode(
      response, isHead: isHead, closes: closesAfterAnswer,
      date: clock.map { HTTPDate.text($0.now() / 1000) })
    output.append(contentsOf: answer.head)
    if answer.body.count > limits.smallRequestByteCount {
      laterOutput = answer.body
    } else {
      output.append(contentsOf: answer.body)
    }
  }

  private mutating func beginWriting(at now: Instant) {
    (phase, progressTime) = (.writing, now)
    pace = TransferPace(
      from: now, graceSeconds: limits.idleTimeoutSeconds,
      bytesPerSecond: limits.minimumBodyBytesPerSecond)
    deadline = pace.deadline
  }

  private mutating func tell(_ response: HTTPResponse, at now: Instant) {
    let seconds = asked.map { (now - $0.at) / .seconds(1) } ?? 0
    let exchange = HTTPExchange(
      request: asked?.request, peer: peer, status: response.status,
      byteCount: response.body.count, seconds: seconds)
    observer.answered(exchange, times: 1)
    answered = isConstant ? exchange : nil
    asked = nil
  }

  private mutating func finishAnswer(at now: Instant) -> HTTPRequest? {
    if closesAfterAnswer {
      phase = .draining(byteCount: 0)
      deadline = now + .seconds(limits.drainSeconds)
      return nil
    }
    phase = .idle
    deadline = now + .seconds(limits.idleTimeoutSeconds)
    return advance(at: now)
  }
}
