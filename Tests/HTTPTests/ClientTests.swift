import Glibc
import HTTP
import Platform
import Testing

struct ClientTests {
  @Test func `an answer that comes while the body is being sent is taken`() throws {
    let fixture = try ServerFixture(admit: { _ in
      .refuse(HTTPResponse(status: 401, body: Array("who?".utf8)))
    })
    let client = try fixture.client()
    let body = [UInt8](repeating: 1, count: 40_000)
    #expect(try client.send(method: "POST", target: "/", body: body).text == "who?")
  }

  @Test func `nobody listening is told apart`() throws {
    let fixture = try ServerFixture()
    fixture.server.stop(withinSeconds: 0)
    #expect {
      try fixture.client()
    } throws: { error in
      guard case HTTPClientError.system(let error) = error else { return false }
      return error.code == ECONNREFUSED
    }
    #expect {
      try HTTPClient(connectingTo: .unix(path: "/tmp/no/such/socket"), timeoutSeconds: 1)
    } throws: { error in
      guard case HTTPClientError.system(let error) = error else { return false }
      return error.code == ENOENT
    }
  }

  @Test func `an answer that does not come in time ends the connection`() throws {
    let kept = Collected<HTTPReply>()
    let fixture = try ServerFixture { _, reply in kept.add(reply) }
    let client = try fixture.client(timeoutSeconds: 0.05)
    #expect(throws: HTTPClientError.timedOut) { try client.send(method: "GET", target: "/") }
    #expect(throws: HTTPClientError.closed) { try client.send(method: "GET", target: "/") }
  }

  @Test(arguments: [
    ("GET ", "/", "a"), ("", "/", "a"), ("GET", "/a b", "a"), ("GET", "", "a"),
    ("GET", "/", "a\r\nX-B: c"),
  ])
  func `what would break the request's form is not sent`(
    _ method: String, _ target: String, _ value: String
  ) throws {
    let fixture = try ServerFixture()
    #expect(throws: HTTPClientError.unsendable) {
      try fixture.client().send(method: method, target: target, headers: ["X-A": value])
    }
  }

  @Test func `an interim answer is passed over`() throws {
    let fixture = try ServerFixture()
    let response = try fixture.client().send(
      method: "PUT", target: "/", headers: ["Expect": "100-continue"], body: [65])
    #expect(response.text == "PUT / A")
  }
}
