/// One request, as the strict parser took it.
package struct HTTPRequest: Sendable {
  /// As received: `GET`. Methods have case.
  package var method: String
  /// The request target as received: `/api/patients/?limit=5`.
  package var target: String
  /// The raw path without the query: `/api/patients/`; `*` for `OPTIONS *`.
  package var path: String
  /// The path split on "/", each segment decoded once. The slash in front begins no segment and one
  /// at the end adds none, so `/api/patients/` is `["api", "patients"]`; `/a//b` is `["a", "",
  /// "b"]`.
  package var segments: [String]
  /// The query's fields in order, decoded, with + as a space; a field without "=" has an empty
  /// value.
  package var query: [(name: String, value: String)]
  package var headers: HTTPHeaders
  /// The whole body, out of its transfer coding; empty while a request is being admitted.
  package var body: [UInt8]
  /// The address the request came from, without a port: `127.0.0.1`, `::1`, `unix`. The parser
  /// leaves it empty.
  package var peer: String

  package init(
    method: String, target: String, path: String, segments: [String],
    query: [(name: String, value: String)] = [], headers: HTTPHeaders = [:],
    body: [UInt8] = [], peer: String = ""
  ) {
    self.method = method
    self.target = target
    self.path = path
    self.segments = segments
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
  }
}
