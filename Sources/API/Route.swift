package import HTTP

/// One endpoint: what it is called, what it does, and how it is described.
package struct Route: Sendable {
  /// Who may call it at all; what they see of it is decided with each document.
  package enum Access: Sendable {
    /// Whoever comes, without a login.
    case anyone
    /// Everybody who is logged in.
    case user
    /// Clinicians, office staff and administrators.
    case staff
    case administrator
  }

  package typealias Answer = @Sendable (APICall) throws(APIError) -> HTTPResponse
  /// Of a route for anyone: there is no caller and no replica.
  package typealias OpenAnswer = @Sendable (HTTPRequest) throws(APIError) -> HTTPResponse

  enum Work: Sendable {
    case open(OpenAnswer)
    case forCaller(Answer)
  }

  let method: String
  /// `/api/patients/{id}`; segments in braces are open.
  package let path: String
  let access: Access
  let summary: String
  let work: Work
  var description = RouteDescription()
  private let segments: [Segment]

  private enum Segment: Sendable {
    case literal(String)
    case open(String)
  }

  package init(
    _ method: String, _ path: String, _ access: Access, _ summary: String,
    _ answer: @escaping Answer
  ) {
    self.init(method, path, access, summary, work: .forCaller(answer))
  }

  /// A route for anyone.
  package init(
    open method: String, _ path: String, _ summary: String, _ answer: @escaping OpenAnswer
  ) {
    self.init(method, path, .anyone, summary, work: .open(answer))
  }

  private init(
    _ method: String, _ path: String, _ access: Access, _ summary: String, work: Work
  ) {
    (self.method, self.path, self.access) = (method, path, access)
    (self.summary, self.work) = (summary, work)
    segments = path.split(separator: "/").map { part in
      part.hasPrefix("{") ? .open(String(part.dropFirst().dropLast())) : .literal(String(part))
    }
  }

  /// The names of the open segments.
  var openNames: [String] {
    segments.compactMap { if case .open(let name) = $0 { name } else { nil } }
  }

  /// The open segments of a path by their names; nil if the route is for other paths.
  func match(_ path: [String]) -> [String: String]? {
    guard path.count == segments.count else { return nil }
    var open: [String: String] = [:]
    for (part, segment) in zip(path, segments) {
      switch segment {
      case .literal(let text): if text != part { return nil }
      case .open(let name): open[name] = part
      }
    }
    return open
  }

  /// How many segments are not open: `/api/patients/bulk` goes before `/api/patients/{id}`.
  var literalCount: Int {
    segments.count { if case .literal = $0 { true } else { false } }
  }
}
