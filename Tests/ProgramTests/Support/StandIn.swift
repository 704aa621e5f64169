import HTTP
import JSON
import Platform
import Synchronization

/// A stand-in for somebody else's server, on loopback in the test's own process.
final class StandIn: Sendable {
  struct Reply: Sendable {
    var status = 200
    var body: JSONValue
  }

  private struct Handler: HTTPHandler {
    let answer: @Sendable (HTTPRequest) -> Reply

    func admit(_ head: HTTPRequest) -> HTTPAdmission { .accept(maximumBodyByteCount: 1 << 20) }

    func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
      let answer = answer(request)
      reply.send(
        HTTPResponse(
          status: answer.status, headers: ["Content-Type": "application/json"],
          body: answer.body.bytes))
    }
  }

  private let server: HTTPServer
  let url: String
  private let seen: Requests

  private final class Requests: Sendable {
    let all = Mutex<[HTTPRequest]>([])
  }

  /// - Parameter answer: to each request; called on a thread of its own.
  init(_ answer: @escaping @Sendable (HTTPRequest) -> Reply) throws {
    let seen = Requests()
    server = HTTPServer(
      handler: Handler { request in
        seen.all.withLock { $0.append(request) }
        return answer(request)
      })
    self.seen = seen
    url = "http://\(try server.listen(on: .tcp(host: "127.0.0.1", port: 0)))"
    try server.start()
  }

  deinit { server.stop(withinSeconds: 1) }

  /// What was asked so far.
  var requests: [HTTPRequest] { seen.all.withLock { $0 } }
}
