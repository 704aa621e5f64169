import Testing

@testable import HTTP

/// What a connection does just before, at and just after each of its deadlines. The event loop ends
/// a conversation at its deadline, not before.
struct DeadlineTests {
  private let start = ContinuousClock.now
  private let limits: HTTPLimits = {
    var limits = HTTPLimits.standard
    limits.headerDeadlineSeconds = 2
    limits.idleTimeoutSeconds = 5
    limits.drainSeconds = 1
    limits.minimumBodyBytesPerSecond = 100
    return limits
  }()
  /// One nanosecond.
  private static let moments: [Int] = [-1, 0, 1]

  private func seconds(_ count: Double, _ nanoseconds: Int = 0) -> ContinuousClock.Instant {
    start + .seconds(count) + .nanoseconds(nanoseconds)
  }

  private func conversation(answering response: HTTPResponse? = nil) -> Conversation {
    let handler = ClosureHandler(
      admitting: { _ in response.map { .answer($0) } ?? .accept(maximumBodyByteCount: 10_000) },
      handling: { _, _ in })
    return Conversation(handler: handler, limits: limits, peer: "p", at: start)
  }

  private func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

  /// As the event loop does at `time`, when nothing has come in.
  private func look(_ conversation: inout Conversation, at time: ContinuousClock.Instant) {
    if let deadline = conversation.deadline, deadline <= time { conversation.expire(at: time) }
  }

  private func status(_ conversation: Conversation) -> String {
    String(String(decoding: conversation.output, as: UTF8.self).prefix(12))
  }

  @Test(arguments: moments)
  func `an idle connection closes at its time`(_ moment: Int) {
    var conversation = conversation()
    look(&conversation, at: seconds(5, moment))
    #expect(conversation.phase == (moment < 0 ? .idle : .closed))
    #expect(!conversation.hasOutput)
  }

  @Test func `a byte at the last moment begins a request's time`() {
    var conversation = conversation()
    #expect(conversation.receive(bytes("\r"), at: seconds(5, -1)) == nil)
    #expect(conversation.deadline == seconds(7, -1))
    look(&conversation, at: seconds(7, -1))
    #expect(status(conversation) == "HTTP/1.1 408")
  }

  @Test(arguments: moments)
  func `the idle time after an answer counts from its last byte`(_ moment: Int) {
    var conversation = conversation(answering: HTTPResponse(status: 204))
    #expect(conversation.receive(bytes(request("GET / HTTP/1.1")), at: seconds(4)) == nil)
    #expect(conversation.wrote(conversation.output.count, at: seconds(6)) == nil)
    look(&conversation, at: seconds(11, moment))
    #expect(conversation.phase == (moment < 0 ? .idle : .closed))
  }

  @Test(arguments: moments)
  func `a head that is not whole is answered 408 at its time, however often bytes come`(
    _ moment: Int
  ) {
    var conversation = conversation()
    for (index, byte) in request("GET / HTTP/1.1").utf8.dropLast().enumerated() {
      #expect(conversation.receive([byte], at: seconds(Double(index) / 100)) == nil)
    }
    look(&conversation, at: seconds(2, moment))
    #expect(conversation.phase == (moment < 0 ? .head : .writing))
    #expect(status(conversation) == (moment < 0 ? "" : "HTTP/1.1 408"))
  }

  @Test func `a head that is whole at the last moment is taken`() {
    var conversation = conversation()
    let head = bytes(request("GET / HTTP/1.1"))
    #expect(conversation.receive(head.dropLast(), at: start) == nil)
    look(&conversation, at: seconds(2, -1))
    #expect(conversation.receive(bytes("\n"), at: seconds(2, -1))?.path == "/")
    #expect(conversation.deadline == nil)
  }

  @Test func `the head of a request sent with the one before has a time of its own`() {
    var conversation = conversation(answering: HTTPResponse(status: 204))
    let text = request("GET / HTTP/1.1") + "G"
    #expect(conversation.receive(bytes(text), at: start) == nil)
    #expect(conversation.wrote(conversation.output.count, at: seconds(3)) == nil)
    #expect(conversation.phase == .head)
    #expect(conversation.deadline == seconds(5))
  }

  @Test(arguments: moments)
  func `a body below its rate is answered 408`(_ moment: Int) {
    for framing in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
      var conversation = conversation()
      #expect(conversation.receive(bytes(request("PUT / HTTP/1.1", framing)), at: start) == nil)
      // 150 bytes are worth a second and a half on top of the first two, whenever they come.
      let piece = "93\r\n" + String(repeating: "x", count: 136)
      #expect(conversation.receive(bytes(piece), at: seconds(1)) == nil)
      #expect(conversation.receive(bytes("0123456789"), at: seconds(3)) == nil)
      look(&conversation, at: seconds(3.5, moment))
      #expect(conversation.phase == (moment < 0 ? .body : .writing))
      #expect(status(conversation) == (moment < 0 ? "" : "HTTP/1.1 408"))
    }
  }

  @Test func `a body at its rate is taken, however long it takes`() {
    var conversation = conversation()
    let head = request("PUT / HTTP/1.1", "Content-Length: 1000")
    #expect(conversation.receive(bytes(head), at: start) == nil)
    for second in 1...9 {
      let piece = bytes(String(repeating: "x", count: 100))
      look(&conversation, at: seconds(Double(second)))
      #expect(conversation.receive(piece, at: seconds(Double(second))) == nil)
    }
    let last = bytes(String(repeating: "x", count: 100))
    look(&conversation, at: seconds(10))
    #expect(conversation.receive(last, at: seconds(10))?.body.count == 1_000)
  }

  @Test(arguments: moments)
  func `a peer that waits for 100 Continue and sends nothing is answered 408`(_ moment: Int) {
    var conversation = conversation()
    let head = request("PUT / HTTP/1.1", "Content-Length: 1", "Expect: 100-continue")
    #expect(conversation.receive(bytes(head), at: start) == nil)
    #expect(conversation.wrote(conversation.output.count, at: seconds(1)) == nil)
    look(&conversation, at: seconds(2, moment))
    #expect(conversation.phase == (moment < 0 ? .body : .writing))
    #expect(status(conversation) == (moment < 0 ? "" : "HTTP/1.1 408"))
  }

  @Test(arguments: moments)
  func `an answer below its rate is given up`(_ moment: Int) {
    var conversation = conversation(
      answering: HTTPResponse(status: 200, body: [UInt8](repeating: 1, count: 1_000)))
    #expect(conversation.receive(bytes(request("GET / HTTP/1.1")), at: start) == nil)
    for second in 1...5 { #expect(conversation.wrote(10, at: seconds(Double(second))) == nil) }
    look(&conversation, at: seconds(5.5, moment))
    #expect(conversation.phase == (moment < 0 ? .writing : .closed))
  }

  @Test(arguments: moments)
  func `a refusal that is not read is given up`(_ moment: Int) {
    var conversation = conversation()
    #expect(conversation.receive(bytes("x\r\n"), at: seconds(1)) == nil)
    look(&conversation, at: seconds(6, moment))
    #expect(conversation.phase == (moment < 0 ? .writing : .closed))
  }

  @Test(arguments: moments)
  func `what comes after the last answer is drained for its time, which is not extended`(
    _ moment: Int
  ) {
    var conversation = conversation()
    #expect(conversation.receive(bytes("x\r\n"), at: start) == nil)
    #expect(conversation.wrote(conversation.output.count, at: start) == nil)
    for tenth in 1...9 {
      #expect(conversation.receive(bytes("y"), at: seconds(Double(tenth) / 10)) == nil)
    }
    look(&conversation, at: seconds(1, moment))
    #expect(conversation.phase == (moment < 0 ? .draining(byteCount: 9) : .closed))
    #expect(!conversation.hasOutput)
  }

  @Test func `a request with the handler has no deadline`() {
    var conversation = conversation()
    #expect(conversation.receive(bytes(request("GET / HTTP/1.1")), at: start) != nil)
    look(&conversation, at: seconds(1_000_000))
    #expect(conversation.phase == .handling)
  }
}
