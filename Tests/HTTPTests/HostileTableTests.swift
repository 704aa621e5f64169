import HTTP
import Platform
import Testing

/// Every stream of the parser's lists, and those at the limits, over real sockets: each has exactly
/// the answers it should, then the connection goes on or closes, and the server serves others.
struct HostileTableTests {
  private static let rows = ParserCase.all + ParserCase.limits
  private static let canary = request("GET /canary HTTP/1.1")
  private static let canaryAnswer = "GET /canary 0"

  private let fixture: ServerFixture

  init() throws {
    var limits = HTTPLimits.standard
    limits.maximumBodyByteCount = 100
    // A machine under load sends slowly.
    limits.drainSeconds = 10
    fixture = try ServerFixture(
      limits: limits, admit: { _ in .accept(maximumBodyByteCount: 1_000) },
      handle: { request, reply in
        let text = "\(request.method) \(request.target) \(request.body.count)"
        reply.send(HTTPResponse(status: 200, body: Array(text.utf8)))
      })
  }

  @Test func `there are many streams, and each has its own name`() {
    #expect(Self.rows.count >= 400)
    #expect(Set(Self.rows.map(\.name)).count == Self.rows.count)
    #expect(Self.rows.count { Int($0.outcome.last ?? "") != nil } >= 300)
  }

  @Test(arguments: Delivery.allCases)
  func `a stream has its answers, no other, and the server goes on`(_ delivery: Delivery) throws {
    for (seed, row) in Self.rows.enumerated() {
      do {
        try check(row, delivery, seed: seed)
      } catch {
        Issue.record("\(row.name), \(delivery), seed \(seed): \(error)")
      }
    }
  }

  private func check(_ row: ParserCase, _ delivery: Delivery, seed: Int) throws {
    let peer = try fixture.rawPeer()
    let isUnfinished = row.outcome.last == "unfinished"
    let bytes = row.bytes + (isUnfinished ? [] : Array(Self.canary.utf8))
    for piece in delivery.pieces(of: bytes, seed: seed) { try peer.send(Array(piece)) }
    var expected = row.outcome.filter { $0 != "unfinished" }
    var text = ""
    if !isUnfinished && expected.last.flatMap({ Int($0) }) == nil {
      // The connection goes on: the canary behind the stream has its own answer.
      expected.append(Self.canaryAnswer)
      text = try peer.read(until: Self.canaryAnswer)
      peer.socket.shutdownWrite()
    } else if isUnfinished {
      peer.socket.shutdownWrite()
    }
    // Otherwise it closes by itself, and the canary behind the stream is never answered.
    text += try peer.readToEnd()
    try compare(text, expected, row)
    let other = try fixture.client().send(method: "GET", target: "/canary")
    #expect(other.text == Self.canaryAnswer, "\(row.name), \(delivery), seed \(seed)")
  }

  private func compare(_ text: String, _ expected: [String], _ row: ParserCase) throws {
    let methods = expected.map { String($0.prefix { $0 != " " }) }
    let answers = try RawAnswer.all(in: text, to: methods)
    #expect(answers.map(\.status) == expected.map { Int($0) ?? 200 }, "\(row.name)")
    for (answer, wanted) in zip(answers, expected) {
      if answer.status == 200 {
        #expect(answer.body == (wanted.hasPrefix("HEAD ") ? "" : wanted), "\(row.name)")
        #expect(answer.fields["content-length"] == "\(wanted.utf8.count)", "\(row.name)")
        #expect(!answer.closes, "\(row.name)")
      } else {
        #expect(answer.body.hasPrefix("{\"error\":{\"code\":"), "\(row.name)")
        #expect(answer.closes, "\(row.name)")
      }
    }
  }
}
