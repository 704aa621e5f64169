import Synchronization
import Testing

@testable import HTTP

/// Requests that are answered by their bytes alone.
struct RepeatedAnswerTests {
  /// Answers `/same` for good and counts how often it was asked.
  private final class Handler: HTTPHandler, HTTPObserver {
    let asked = Atomic(0)
    let told = Atomic(0)

    func admit(_ head: HTTPRequest) -> HTTPAdmission {
      asked.add(1, ordering: .relaxed)
      return head.path == "/same"
        ? .constant(HTTPResponse(status: 200, body: Array("same".utf8)))
        : .answer(HTTPResponse(status: 200, body: Array("\(head.path)".utf8)))
    }

    func handle(_ request: HTTPRequest, _ reply: HTTPReply) {}
    func answered(_ exchange: HTTPExchange, times: Int) { told.add(times, ordering: .relaxed) }

    var askedCount: Int { asked.load(ordering: .relaxed) }
    var toldCount: Int { told.load(ordering: .relaxed) }
  }

  private let handler = Handler()
  private let now = ContinuousClock.now

  private func conversation() -> Conversation {
    Conversation(
      handler: handler, observer: handler, limits: .standard, peer: "p", at: now)
  }

  /// What comes for some bytes.
  private func answers(_ text: String, _ conversation: inout Conversation) -> String {
    _ = conversation.receive(Array(text.utf8)[...], at: now)
    var output: [UInt8] = []
    while conversation.hasOutput {
      output += conversation.output[conversation.outputOffset...]
      _ = conversation.wrote(conversation.output.count - conversation.outputOffset, at: now)
    }
    return String(decoding: output, as: UTF8.self)
  }

  @Test func `the same bytes get the same answer without asking again`() {
    var conversation = conversation()
    let first = answers(request("GET /same HTTP/1.1"), &conversation)
    #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n") && first.hasSuffix("\r\n\r\nsame"))
    for _ in 0..<5 { #expect(answers(request("GET /same HTTP/1.1"), &conversation) == first) }
    #expect(handler.askedCount == 1)
    #expect(handler.toldCount == 1)
    conversation.tellRepeated()
    conversation.tellRepeated()
    #expect(handler.toldCount == 6)
  }

  @Test func `other bytes, pieces and several requests at once are looked at`() {
    var conversation = conversation()
    let same = request("GET /same HTTP/1.1")
    let first = answers(same, &conversation)
    #expect(answers(request("GET /other HTTP/1.1"), &conversation).hasSuffix("/other"))
    #expect(answers(request("GET /same HTTP/1.1", "X: y"), &conversation) == first)
    #expect(handler.askedCount == 3)
    // As long, and another.
    #expect(answers(request("GET /same HTTP/1.1", "X: z"), &conversation) == first)
    #expect(handler.askedCount == 4)
    #expect(answers(same + same, &conversation) == first + first)
    #expect(handler.askedCount == 6)
    // The second of the two was answered for good, but not by bytes that came alone.
    #expect(answers("GET /ot", &conversation) == "")
    #expect(answers("her HTTP/1.1\r\nHost: a\r\n\r\n", &conversation).hasSuffix("/other"))
    #expect(answers(String(same.prefix(9)), &conversation) == "")
    #expect(answers(String(same.dropFirst(9)), &conversation) == first)
    #expect(answers("her HTTP/1.1\r\nHost: a\r\n\r\n", &conversation).contains(" 400 "))
  }

  @Test func `a request with a body is never answered by its bytes`() {
    var conversation = conversation()
    let text = request("GET /same HTTP/1.1", "Content-Length: 1", body: "x")
    #expect(answers(text, &conversation).contains("Connection: close"))
  }

  @Test func `HEAD is repeated without a body, and the last answer closes`() {
    var conversation = conversation()
    let head = request("HEAD /same HTTP/1.1")
    #expect(answers(head, &conversation).hasSuffix("Content-Length: 4\r\n\r\n"))
    #expect(answers(head, &conversation).hasSuffix("Content-Length: 4\r\n\r\n"))
    #expect(handler.askedCount == 1)
  }
}
