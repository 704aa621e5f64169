import Testing

@testable import HTTP

/// The deadlines of a connection, with times given as arguments.
struct ConversationTests {
  private let start = ContinuousClock.now
  private let limits = HTTPLimits.standard

  private func seconds(_ count: Double) -> ContinuousClock.Instant { start + .seconds(count) }

  private func conversation(_ response: HTTPResponse? = nil) -> Conversation {
    let handler = ClosureHandler(
      admitting: { _ in response.map { .answer($0) } ?? .accept(maximumBodyByteCount: 1_000_000) },
      handling: { _, _ in })
    return Conversation(handler: handler, limits: limits, peer: "p", at: start)
  }

  private func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

  @Test func `an idle connection ends after the idle time`() {
    var conversation = conversation()
    #expect(conversation.deadline == seconds(limits.idleTimeoutSeconds))
    conversation.expire(at: seconds(30))
    #expect(conversation.phase == .closed)
    #expect(!conversation.hasOutput)
  }

  @Test func `the head's time runs from its first byte and is not extended`() {
    var conversation = conversation()
    #expect(conversation.receive(bytes("G"), at: seconds(5)) == nil)
    #expect(conversation.deadline == seconds(15))
    #expect(conversation.receive(bytes("ET"), at: seconds(14)) == nil)
    #expect(conversation.deadline == seconds(15))
    conversation.expire(at: seconds(15))
    #expect(String(decoding: conversation.output, as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
    #expect(conversation.phase == .writing)
  }

  @Test func `a body may be slow at first and then has its rate`() {
    var conversation = conversation()
    let head = request("PUT / HTTP/1.1", "Content-Length: 10240")
    #expect(conversation.receive(bytes(head), at: seconds(1)) == nil)
    #expect(conversation.deadline == seconds(11))
    let half = String(repeating: "x", count: 5_120)
    #expect(conversation.receive(bytes(half), at: seconds(2)) == nil)
    #expect(conversation.deadline == seconds(16))
    let request = conversation.receive(bytes(half), at: seconds(3))
    #expect(request?.body.count == 10_240)
    #expect(conversation.phase == .handling)
    #expect(conversation.deadline == nil)
  }

  @Test func `an answer that is not read in time is given up`() {
    var conversation = conversation(
      HTTPResponse(status: 200, body: [UInt8](repeating: 1, count: 10_240)))
    #expect(conversation.receive(bytes(request("GET / HTTP/1.1")), at: start) == nil)
    #expect(conversation.deadline == seconds(30))
    #expect(!conversation.wantsInput)
    #expect(conversation.wrote(2_048, at: seconds(29)) == nil)
    #expect(conversation.deadline == seconds(32))
    conversation.expire(at: seconds(32))
    #expect(conversation.phase == .closed)
  }

  @Test func `a connection drains so many bytes and so long`() {
    for excess in [-1, 0, 1] {
      var conversation = conversation()
      #expect(conversation.receive(bytes("x\r\n"), at: start) == nil)
      #expect(conversation.wrote(conversation.output.count, at: seconds(1)) == nil)
      #expect(conversation.isDraining)
      #expect(conversation.deadline == seconds(1 + limits.drainSeconds))
      let junk = [UInt8](repeating: 0, count: limits.maximumDrainByteCount + excess)
      #expect(conversation.receive(junk[...], at: seconds(1)) == nil)
      #expect(conversation.phase == (excess <= 0 ? .draining(byteCount: junk.count) : .closed))
      conversation.expire(at: seconds(2))
      #expect(conversation.phase == .closed)
    }
  }

  @Test func `the next request waits until the answer before it is written`() {
    var conversation = conversation()
    let two = request("GET /1 HTTP/1.1") + request("GET /2 HTTP/1.1")
    #expect(conversation.receive(bytes(two), at: start)?.path == "/1")
    #expect(!conversation.wantsInput)
    conversation.answer(HTTPResponse(status: 204), at: start)
    #expect(conversation.wrote(1, at: start) == nil)
    let rest = conversation.output.count - conversation.outputOffset
    #expect(conversation.wrote(rest, at: start)?.path == "/2")
  }

  @Test func `a stopping connection gives its last answer and closes`() {
    var conversation = conversation()
    let two = request("GET /1 HTTP/1.1") + request("GET /2 HTTP/1.1")
    #expect(conversation.receive(bytes(two), at: start)?.path == "/1")
    conversation.stop(at: start)
    conversation.answer(HTTPResponse(status: 204), at: start)
    #expect(conversation.wrote(conversation.output.count, at: start) == nil)
    #expect(conversation.isDraining)
  }
}
