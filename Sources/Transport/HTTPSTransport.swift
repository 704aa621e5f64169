import Dispatch
import Foundation
import FoundationNetworking
package import Replica
import Synchronization

/// Requests to a server over HTTPS (or HTTP), by the system's libcurl.
package final class HTTPSTransport: SyncTransport {
  /// How long a request may wait for bytes.
  private static let idleTimeoutSeconds = 60.0
  private static let userAgent = "satchel"

  private let base: URL
  private let session: URLSession

  /// - Parameters:
  ///   - url: the server's address, such as `https://sync.example.org`.
  ///   - certificateFile: PEM certificates to trust; nil for the system's. Holds for the process.
  /// - Throws: if the address is none.
  package init(url: String, certificateFile: String?) throws(TransportError) {
    guard let base = URL(string: url), base.scheme == "https" || base.scheme == "http",
      base.host?.isEmpty == false
    else { throw TransportError("\(url) is no address of a server, such as https://example.org") }
    self.base = base
    if let certificateFile {
      guard FileManager.default.isReadableFile(atPath: certificateFile) else {
        throw TransportError("\(certificateFile): cannot read the certificates")
      }
      setenv("URLSessionCertificateAuthorityInfoFile", certificateFile, 1)
    }
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = Self.idleTimeoutSeconds
    configuration.httpShouldSetCookies = false
    configuration.httpAdditionalHeaders = [
      "User-Agent": Self.userAgent, "Accept-Language": "en",
    ]
    session = URLSession(configuration: configuration)
  }

  deinit { session.invalidateAndCancel() }

  package func send(_ request: TransportRequest) throws(TransportError) -> TransportReply {
    let urlRequest = try urlRequest(request)
    let box = Mutex<Result<(Data, HTTPURLResponse), TransportError>?>(nil)
    let done = DispatchSemaphore(value: 0)
    let server = address
    let task = session.dataTask(with: urlRequest) { data, response, error in
      box.withLock { result in
        if let response = response as? HTTPURLResponse, error == nil {
          result = .success((data ?? Data(), response))
        } else {
          result = .failure(TransportError("\(server): \(Self.words(error))"))
        }
      }
      done.signal()
    }
    task.resume()
    done.wait()
    guard let result = box.withLock({ $0 }) else {
      throw TransportError("\(server): no answer")
    }
    let (data, response) = try result.get()
    return reply(to: request, urlRequest, data, response)
  }

  private var address: String { base.absoluteString }

  private func urlRequest(_ request: TransportRequest) throws(TransportError) -> URLRequest {
    var text = base.absoluteString
    while text.hasSuffix("/") { text.removeLast() }
    guard let url = URL(string: text + request.path) else {
      throw TransportError("\(request.path) is no path")
    }
    var result = URLRequest(url: url)
    result.httpMethod = "POST"
    for header in request.headers { result.setValue(header.value, forHTTPHeaderField: header.name) }
    result.httpBody = Data(request.body)
    return result
  }

  private func reply(
    to request: TransportRequest, _ sent: URLRequest, _ data: Data, _ response: HTTPURLResponse
  ) -> TransportReply {
    var headers: [String: String] = [:]
    var received = "HTTP/1.1 \(response.statusCode) OK\r\n\r\n".utf8.count + data.count
    for (name, value) in response.allHeaderFields {
      headers["\(name)".lowercased()] = "\(value)"
      received += "\(name): \(value)\r\n".utf8.count
    }
    return TransportReply(
      status: response.statusCode, headers: headers, body: Array(data),
      bytesSent: Self.headByteCount(sent) + request.body.count, bytesReceived: received)
  }

  /// The bytes of a request's head as libcurl writes it.
  private static func headByteCount(_ request: URLRequest) -> Int {
    guard let url = request.url else { return 0 }
    let port = url.port.map { ":\($0)" } ?? ""
    var lines = [
      "POST \(url.path) HTTP/1.1", "Host: \(url.host ?? "")\(port)", "User-Agent: \(userAgent)",
      "Accept: */*", "Accept-Encoding: deflate, gzip, br, zstd", "Accept-Language: en",
      "Connection: keep-alive", "Content-Length: \(request.httpBody?.count ?? 0)",
    ]
    lines += (request.allHTTPHeaderFields ?? [:]).map { "\($0.key): \($0.value)" }
    return lines.reduce(2) { $0 + $1.utf8.count + 2 }
  }

  private static func words(_ error: (any Error)?) -> String {
    guard let error = error as? URLError else { return "no answer" }
    switch error.code {
    case .cannotConnectToHost: return "cannot connect; is the server running?"
    case .cannotFindHost, .dnsLookupFailed: return "no such host"
    case .timedOut: return "no answer in time"
    case .networkConnectionLost: return "the connection broke"
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateHasUnknownRoot:
      return "its certificate is not trusted"
    default: return error.localizedDescription
    }
  }
}
