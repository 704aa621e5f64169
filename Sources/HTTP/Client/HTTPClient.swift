internal import Platform

/// A blocking client on one connection, for one thread.
package final class HTTPClient {
  /// The most bytes of an answer's body that are taken.
  package static let maximumBodyByteCount = 1 << 30
  /// What one read takes in at most, in bytes.
  private static let readByteCount = 64 * 1_024

  private let endpoint: Endpoint
  private let timeoutSeconds: Double
  private var socket: StreamSocket?
  private var scratch = [UInt8](repeating: 0, count: HTTPClient.readByteCount)

  /// Connects.
  /// - Parameter timeoutSeconds: how long connecting, and then each exchange as a whole, may take.
  /// - Throws: `system` when nobody listens there; nothing has been sent then.
  package init(
    connectingTo endpoint: Endpoint, timeoutSeconds: Double
  ) throws(HTTPClientError) {
    self.endpoint = endpoint
    self.timeoutSeconds = timeoutSeconds
    do throws(SystemError) {
      socket = try Self.connect(to: endpoint, milliseconds: Self.milliseconds(timeoutSeconds))
    } catch {
      throw .system(error)
    }
  }

  /// Closes the connection. Harmless twice.
  package func close() { socket = nil }

  /// Sends a request and waits for its whole answer. An answer that comes before the body is sent
  /// ends the sending.
  /// - Parameters:
  ///   - target: the path and query, already encoded: `/api/patients/?q=x`.
  ///   - headers: without `Host`, `Content-Length` and `Connection: close`, unless another `Host`
  ///     is wanted.
  /// - Throws: see `HTTPClientError`; after any of them, and after an answer with `Connection:
  ///   close`, the connection is closed.
  package func send(
    method: String, target: String, headers: HTTPHeaders = [:], body: [UInt8] = []
  ) throws(HTTPClientError) -> HTTPResponse {
    guard let socket else { throw .closed }
    let bytes = try encode(method, target, headers, body)
    let parser = ResponseParser(
      isHead: method == "HEAD", maximumBodyByteCount: Self.maximumBodyByteCount)
    var exchange = ClientExchange(
      socket: socket, output: bytes, parser: parser, deadline: .now + .seconds(timeoutSeconds))
    do throws(HTTPClientError) {
      let response = try exchange.run(&scratch)
      if !exchange.keepsConnection { close() }
      return response
    } catch {
      close()
      throw error
    }
  }

  private func encode(
    _ method: String, _ target: String, _ headers: HTTPHeaders, _ body: [UInt8]
  ) throws(HTTPClientError) -> [UInt8] {
    guard !method.isEmpty, method.utf8.allSatisfy(ASCII.isToken),
      !target.isEmpty, target.utf8.allSatisfy(ASCII.isVisible),
      headers.fields.allSatisfy({ FieldLine.isSendable(name: $0.name, value: $0.value) })
    else { throw .unsendable }
    var fields = headers
    if fields["Host"] == nil { fields.append("Host", endpoint.authority) }
    if !body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
      fields.set("Content-Length", String(body.count))
    }
    var head = "\(method) \(target) HTTP/1.1\r\n"
    for field in fields.fields { head += "\(field.name): \(field.value)\r\n" }
    return Array((head + "\r\n").utf8) + body
  }

  private static func connect(
    to endpoint: Endpoint, milliseconds: Int32
  ) throws(SystemError) -> StreamSocket {
    switch endpoint {
    case .tcp(let host, let port):
      try .connect(toHost: host, port: port, milliseconds: milliseconds)
    case .unix(let path):
      try .connect(toUnixPath: path, milliseconds: milliseconds)
    }
  }

  /// Whole milliseconds, at least 0 and at most a week.
  static func milliseconds(_ seconds: Double) -> Int32 {
    let week = 7.0 * 86_400
    return Int32((min(max(seconds, 0), week) * 1_000).rounded(.up))
  }
}
