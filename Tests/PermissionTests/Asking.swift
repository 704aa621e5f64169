import HTTP
import JSON

/// A request without its caller.
struct Asking {
  var method: String
  var path: String
  var query: [(name: String, value: String)] = []
  var body: [UInt8] = []
  var headers: HTTPHeaders = ["Content-Type": "application/json"]

  init(_ method: String, _ path: String, _ body: JSONObject? = nil) {
    (self.method, self.path) = (method, path)
    self.body = body.map { JSONValue.object($0).bytes } ?? []
  }

  func with(_ name: String, _ value: String) -> Asking {
    var asking = self
    asking.query.append((name, value))
    return asking
  }

  func request(token: String?) -> HTTPRequest {
    var headers = headers
    if let token, headers["Authorization"] == nil {
      headers.set("Authorization", "Bearer \(token)")
    }
    let target = path + (query.isEmpty ? "" : "?…")
    return HTTPRequest(
      method: method, target: target, path: path,
      segments: path.split(separator: "/").map(String.init), query: query, headers: headers,
      body: body, peer: "127.0.0.1")
  }
}

/// What a row of the table sends.
struct Trial {
  /// A document that a request names, exchanged for another one.
  struct Exchange {
    /// Of the documents that fit.
    let kind: String
    let ask: (String) -> Asking
  }

  /// About documents of the own account.
  var own: Asking
  /// About the document of an id in the path.
  var other: Exchange?
  /// With another document in the body or the query.
  var named: [Exchange] = []

  init(_ own: Asking) { self.own = own }

  /// About a document whose id is in the path.
  init(_ kind: String, _ id: String, _ ask: @escaping (String) -> Asking) {
    own = ask(id)
    other = Exchange(kind: kind, ask: ask)
  }
}
