internal import CSystem
package import Replica

/// An answer from somewhere on the web.
package struct WebAnswer: Sendable {
  package let status: Int
  package let body: [UInt8]
}

/// Single requests to other people's servers, by the system's libcurl; each has a connection of its own.
package enum WebClient {
  /// Sends a POST and waits for the answer; redirects are answers.
  /// - Parameters:
  ///   - headers: lines such as `Content-Type: application/json`. Must hold no line end.
  ///   - idleSeconds: how long nothing may move.
  /// - Throws: if there is no answer, in words for the operator.
  package static func post(
    _ url: String, headers: [String], body: [UInt8], idleSeconds: Int
  ) throws(TransportError) -> WebAnswer {
    guard let client = satchel_http_open() else {
      throw TransportError("libcurl.so.4 is missing: install the system's curl library")
    }
    defer { satchel_http_close(client) }
    let answer = HTTPSTransport.post(
      client, url, nil, headers + ["User-Agent:", "Accept:"], body, idleSeconds)
    guard answer.code == 0 else {
      throw TransportError("\(url): \(HTTPSTransport.words(answer.code, client))")
    }
    let bytes = UnsafeBufferPointer(start: answer.body, count: answer.body_length)
    return WebAnswer(status: answer.status, body: Array(bytes))
  }
}
