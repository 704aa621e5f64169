internal import CSystem
import Glibc
import Platform
package import Replica
import Synchronization

/// Requests to a server over HTTPS (or HTTP), by the system's libcurl.
package final class HTTPSTransport: SyncTransport {
  /// How long a request may wait for bytes.
  package static let standardIdleSeconds = 60

  private let address: String
  private let certificateFile: String?
  private let client: Client
  /// The one connection is used by one thread at a time.
  private let isBusy = Mutex(())
  /// Whether the server said that it does not unpack.
  private let isPlain = Atomic(false)
  private let idleTimeoutSeconds: Int

  /// Smaller bodies are sent as they are.
  private static let packedFrom = 1024

  /// May be cancelled from any thread.
  private struct Client: @unchecked Sendable {
    let handle: OpaquePointer
  }

  /// The way to a server for those who name just an address.
  @Sendable package static func make(
    url: String, certificateFile: String?
  ) throws(TransportError) -> any SyncTransport {
    try HTTPSTransport(url: url, certificateFile: certificateFile)
  }

  /// - Parameters:
  ///   - url: the server's address, such as `https://sync.example.org`.
  ///   - certificateFile: PEM certificates to trust; nil for the system's.
  /// - Throws: if the address is none, the certificates cannot be read, or libcurl is missing.
  package init(
    url: String, certificateFile: String?, idleSeconds: Int = standardIdleSeconds
  ) throws(TransportError) {
    idleTimeoutSeconds = idleSeconds
    guard Self.isAddress(url) else {
      throw TransportError("\(url) is no address of a server, such as https://example.org")
    }
    if let certificateFile, access(certificateFile, R_OK) != 0 {
      throw TransportError("\(certificateFile): cannot read the certificates")
    }
    guard let handle = satchel_http_open() else {
      throw TransportError("libcurl.so.4 is missing: install the system's curl library")
    }
    client = Client(handle: handle)
    address = url
    self.certificateFile = certificateFile
  }

  deinit { satchel_http_close(client.handle) }

  package func cancel() { satchel_http_cancel(client.handle) }

  private static func isAddress(_ url: String) -> Bool {
    let scheme = ["https://", "http://"].first { url.lowercased().hasPrefix($0) }
    guard let scheme else { return false }
    let rest = url.dropFirst(scheme.count)
    let host = rest.prefix { $0 != "/" }
    return !host.isEmpty && host.first != ":"
      && rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x23 && $0 != 0x3f }
  }

  package func send(_ request: TransportRequest) throws(TransportError) -> TransportReply {
    var base = address[...]
    while base.hasSuffix("/") { base.removeLast() }
    let url = String(base + request.path)
    let headers = request.headers.map { "\($0.name): \($0.value)" } + ["User-Agent:", "Accept:"]
    let idleSeconds = idleTimeoutSeconds + request.extraSeconds
    if let packed = packed(request.body) {
      let reply = try post(url, headers + ["Content-Encoding: gzip"], packed, idleSeconds)
      if reply.status != 415 { return reply }
      isPlain.store(true, ordering: .relaxed)
    }
    return try post(url, headers, request.body, idleSeconds)
  }

  private func packed(_ body: [UInt8]) -> [UInt8]? {
    if body.count < Self.packedFrom || isPlain.load(ordering: .relaxed) { return nil }
    return Gzip.system?.packed(body)
  }

  private func post(
    _ url: String, _ headers: [String], _ body: [UInt8], _ idleSeconds: Int
  ) throws(TransportError) -> TransportReply {
    try isBusy.withLock { (_) throws(TransportError) in
      let answer = Self.post(
        client.handle, url, certificateFile, headers, body, idleSeconds)
      guard answer.code == 0 else {
        throw TransportError("\(address): \(Self.words(answer.code, client.handle))")
      }
      return Self.reply(answer)
    }
  }

  static func post(
    _ handle: OpaquePointer, _ url: String, _ certificateFile: String?, _ headers: [String],
    _ body: [UInt8], _ idleSeconds: Int
  ) -> satchel_http_answer {
    let lines = headers.map { strdup($0) }
    defer { for line in lines { free(line) } }
    let pointers = lines.map { UnsafePointer($0) }
    func post(_ certificates: UnsafePointer<CChar>?) -> satchel_http_answer {
      body.withUnsafeBufferPointer { body in
        satchel_http_post(
          handle, url, certificates, pointers, pointers.count, body.baseAddress, body.count,
          idleSeconds)
      }
    }
    return certificateFile.map { $0.withCString(post) } ?? post(nil)
  }

  private static func reply(_ answer: satchel_http_answer) -> TransportReply {
    let head = UnsafeBufferPointer(start: answer.head, count: answer.head_length)
    var headers: [String: String] = [:]
    for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n").dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " || $0 == "\t" })
    }
    let body = UnsafeBufferPointer(start: answer.body, count: answer.body_length)
    return TransportReply(
      status: answer.status, headers: headers, body: Array(body), bytesSent: answer.sent,
      bytesReceived: answer.received)
  }

  static func words(_ code: Int32, _ handle: OpaquePointer) -> String {
    switch Int(code) {
    case SATCHEL_HTTP_NO_CONNECTION: "cannot connect; is the server running?"
    case SATCHEL_HTTP_NO_HOST: "no such host"
    case SATCHEL_HTTP_TIMED_OUT: "no answer in time"
    case SATCHEL_HTTP_CANCELLED: "given up: the program is ending"
    case SATCHEL_HTTP_PARTIAL, SATCHEL_HTTP_BROKEN, SATCHEL_HTTP_NOT_SENT,
      SATCHEL_HTTP_NOT_RECEIVED:
      "the connection broke"
    case SATCHEL_HTTP_TOO_LARGE: "the answer is too large"
    case SATCHEL_HTTP_NOT_TRUSTED: "its certificate is not trusted"
    case SATCHEL_HTTP_BAD_CERTIFICATES: "the certificates to trust cannot be read"
    default: String(cString: satchel_http_words(handle, code))
    }
  }
}
