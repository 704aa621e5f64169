import HTTP

/// Lets pages of other origins use the API from a browser (the Fetch standard's CORS protocol). A page needs
/// a token for it; cookies play no part.
struct CrossOrigin: Sendable {
  /// `https://clinic.example`.
  let origins: [String]

  /// The origin of a request's page, if it may read the answer.
  private func allowed(_ request: HTTPRequest) -> String? {
    request.headers["Origin"].flatMap { origins.contains($0) ? $0 : nil }
  }

  /// The answer to a browser that asks what it may send; nil for any other request.
  func preflight(_ head: HTTPRequest) -> HTTPResponse? {
    guard head.method == "OPTIONS", head.headers["Access-Control-Request-Method"] != nil,
      allowed(head) != nil
    else { return nil }
    return marked(
      HTTPResponse(
        status: 204,
        headers: [
          "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
          "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
          "Access-Control-Max-Age": "600",
        ]), for: head)
  }

  /// An answer that says who may read it.
  func marked(_ response: HTTPResponse, for request: HTTPRequest) -> HTTPResponse {
    guard !origins.isEmpty else { return response }
    var response = response
    response.headers.set("Vary", "Origin")
    if let origin = allowed(request) {
      response.headers.set("Access-Control-Allow-Origin", origin)
      response.headers.set("Access-Control-Expose-Headers", "ETag, Location")
    }
    return response
  }
}
