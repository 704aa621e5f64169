/// One answer. The server adds `Content-Length` and `Connection`, and leaves the body out where the
/// request was HEAD.
package struct HTTPResponse: Sendable {
  /// 200 … 599.
  package var status: Int
  /// `Content-Length` and `Transfer-Encoding` are the server's own and ignored here.
  /// `Connection: close` closes the connection after the answer.
  package var headers: HTTPHeaders
  package var body: [UInt8]

  package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
