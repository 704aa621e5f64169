import HTTP

/// A handler made of two closures.
struct ClosureHandler: HTTPHandler {
  var admitting: @Sendable (HTTPRequest) -> HTTPAdmission
  var handling: @Sendable (HTTPRequest, HTTPReply) -> Void

  func admit(_ head: HTTPRequest) -> HTTPAdmission { admitting(head) }
  func handle(_ request: HTTPRequest, _ reply: HTTPReply) { handling(request, reply) }
}

enum EndpointKind: CaseIterable, Sendable {
  case ipv4, ipv6, unix, longUnix
}

/// A running server, stopped when the fixture goes.
final class ServerFixture {
  let server: HTTPServer
  let endpoint: Endpoint
  private let directory: TemporaryDirectory?

  init(
    _ kind: EndpointKind = .ipv4, limits: HTTPLimits = .standard,
    admit: @escaping @Sendable (HTTPRequest) -> HTTPAdmission,
    handle: @escaping @Sendable (HTTPRequest, HTTPReply) -> Void
  ) throws {
    server = HTTPServer(
      handler: ClosureHandler(admitting: admit, handling: handle), limits: limits)
    let wanted: Endpoint
    switch kind {
    case .ipv4:
      (directory, wanted) = (nil, .tcp(host: "127.0.0.1", port: 0))
    case .ipv6:
      (directory, wanted) = (nil, .tcp(host: "::1", port: 0))
    case .unix:
      let directory = TemporaryDirectory()
      (self.directory, wanted) = (directory, .unix(path: directory.path + "/s"))
    case .longUnix:
      let directory = TemporaryDirectory()
      let path = directory.path(ofByteCount: 150, name: "control.sock")
      (self.directory, wanted) = (directory, .unix(path: path))
    }
    endpoint = try server.listen(on: wanted)
    try server.start()
  }

  /// Admits everything, with 1,000 bytes of body.
  convenience init(
    _ kind: EndpointKind = .ipv4, limits: HTTPLimits = .standard,
    handle: @escaping @Sendable (HTTPRequest, HTTPReply) -> Void
  ) throws {
    try self.init(
      kind, limits: limits, admit: { _ in .accept(maximumBodyByteCount: 1_000) }, handle: handle)
  }

  /// Answers the method, path and body of what it admits, by default of everything.
  convenience init(
    _ kind: EndpointKind = .ipv4, limits: HTTPLimits = .standard,
    admit: @escaping @Sendable (HTTPRequest) -> HTTPAdmission = { _ in
      .accept(maximumBodyByteCount: 1_000)
    }
  ) throws {
    try self.init(kind, limits: limits, admit: admit) { request, reply in
      reply.send(.echo(request))
    }
  }

  deinit { server.stop(withinSeconds: 0) }

  func client(timeoutSeconds: Double = 10) throws -> HTTPClient {
    try HTTPClient(connectingTo: endpoint, timeoutSeconds: timeoutSeconds)
  }

  func rawPeer() throws -> RawPeer { try RawPeer(endpoint) }
}

extension HTTPResponse {
  static func echo(_ request: HTTPRequest) -> HTTPResponse {
    let body = "\(request.method) \(request.path) \(String(decoding: request.body, as: UTF8.self))"
    return HTTPResponse(status: 200, body: Array(body.utf8))
  }
}
