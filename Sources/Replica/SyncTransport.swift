/// How a laptop speaks to its server.
package protocol SyncTransport: Sendable {
  /// Sends a request and waits for its answer.
  /// - Throws: if no answer came; nothing is known of what the server did.
  func send(_ request: TransportRequest) throws(TransportError) -> TransportReply

  /// Makes `send` fail soon, from now on.
  func cancel()
}

extension SyncTransport {
  /// For a way that never makes anybody wait.
  package func cancel() {}
}

package struct TransportRequest: Sendable {
  /// Behind the server's address, beginning with a slash.
  package var path: String
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]
  /// How much longer than usual the answer may take, in seconds.
  package var extraSeconds = 0

  package init(path: String, headers: [(name: String, value: String)], body: [UInt8]) {
    self.path = path
    self.headers = headers
    self.body = body
  }
}

package struct TransportReply: Sendable {
  package var status: Int
  /// Names in lower case.
  package var headers: [String: String]
  package var body: [UInt8]
  /// All bytes on the connection, heads included.
  package var bytesSent: Int
  package var bytesReceived: Int

  package init(
    status: Int, headers: [String: String], body: [UInt8], bytesSent: Int, bytesReceived: Int
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.bytesSent = bytesSent
    self.bytesReceived = bytesReceived
  }
}

package struct TransportError: Error, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
