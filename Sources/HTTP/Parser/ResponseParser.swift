/// A strict, incremental parser of the answer to one request: bytes in, answer out. Interim answers
/// (1xx) are passed over. It does no I/O and knows no time.
package struct ResponseParser: Sendable {
  private enum State {
    case statusLine
    case fields
    case fixedBody(remaining: Int)
    case chunkedBody(ChunkedDecoder)
    case bodyUntilEnd
    case done
  }

  /// The most bytes of a line, without its end.
  package static let maximumLineByteCount = 64 * 1_024
  /// The most fields of an answer.
  package static let maximumFieldCount = 256

  private let isHead: Bool
  private let maximumBodyByteCount: Int
  private var state = State.statusLine
  private var queue = ByteQueue()
  private var lines = LineScanner()
  private var response = HTTPResponse(status: 0)
  /// Whether the connection can carry another request after this answer.
  package private(set) var keepsConnection = true

  /// - Parameters:
  ///   - isHead: whether the request was HEAD, whose answer has no body.
  ///   - maximumBodyByteCount: the most bytes of body that are taken.
  package init(isHead: Bool, maximumBodyByteCount: Int) {
    self.isHead = isHead
    self.maximumBodyByteCount = maximumBodyByteCount
  }

  /// Takes bytes that came in.
  /// - Returns: the answer, once it is complete; further bytes are left alone.
  /// - Throws: when the bytes are no HTTP/1.1 answer, or it is too large.
  package mutating func feed(_ bytes: ArraySlice<UInt8>) throws(HTTPRefusal) -> HTTPResponse? {
    queue.append(bytes)
    while try step() {}
    guard case .done = state else { return nil }
    if !queue.isEmpty { keepsConnection = false }
    return response
  }

  /// The peer sends nothing more.
  /// - Returns: the answer, if its body ends there.
  package mutating func finish() -> HTTPResponse? {
    guard case .bodyUntilEnd = state else { return nil }
    return response
  }

  /// - Returns: whether another step may be possible with the same bytes.
  private mutating func step() throws(HTTPRefusal) -> Bool {
    switch state {
    case .statusLine:
      guard let line = try nextLine() else { return false }
      response = HTTPResponse(status: try Self.status(line))
      state = .fields
      return true
    case .fields:
      guard let line = try nextLine() else { return false }
      try takeField(line)
      return true
    case .fixedBody(let remaining):
      let count = min(remaining, queue.count)
      queue.move(count, to: &response.body)
      state = count == remaining ? .done : .fixedBody(remaining: remaining - count)
      return false
    case .chunkedBody(var decoder):
      let isDone = try decoder.decode(
        &queue, into: &response.body, limit: maximumBodyByteCount)
      state = isDone ? .done : .chunkedBody(decoder)
      return false
    case .bodyUntilEnd:
      guard response.body.count + queue.count <= maximumBodyByteCount else { throw .bodyTooLarge }
      queue.move(queue.count, to: &response.body)
      return false
    case .done:
      return false
    }
  }

  private mutating func nextLine() throws(HTTPRefusal) -> [UInt8]? {
    try lines.nextLine(
      in: &queue, limit: Self.maximumLineByteCount, overflow: .malformed("A line is too long."))
  }

  private static func status(_ line: [UInt8]) throws(HTTPRefusal) -> Int {
    let version = Array("HTTP/1.1 ".utf8)
    let digits = line.dropFirst(version.count).prefix(3)
    let rest = line.dropFirst(version.count + digits.count)
    guard line.starts(with: version), digits.count == 3, digits.allSatisfy(ASCII.isDigit),
      let status = Int(String(decoding: digits, as: UTF8.self)), (100...599).contains(status),
      rest.first ?? ASCII.space == ASCII.space
    else { throw .malformed("The status line is malformed.") }
    return status
  }

  private mutating func takeField(_ line: [UInt8]) throws(HTTPRefusal) {
    if line.isEmpty {
      state = try stateAfterFields()
      return
    }
    guard response.headers.fields.count < Self.maximumFieldCount else {
      throw .malformed("There are too many header fields.")
    }
    let (name, value) = try FieldLine.parse(line)
    response.headers.append(name, value)
  }

  private mutating func stateAfterFields() throws(HTTPRefusal) -> State {
    if response.status == 101 { throw .malformed("Nobody asked for another protocol.") }
    if response.status < 200 { return .statusLine }
    keepsConnection = !response.headers.lists("close", in: "Connection")
    if isHead || response.status == 204 || response.status == 304 { return .done }
    switch try BodyFraming(response.headers) {
    case .chunked: return .chunkedBody(ChunkedDecoder())
    case .length(let count):
      guard count <= maximumBodyByteCount else { throw .bodyTooLarge }
      return .fixedBody(remaining: count)
    case .none:
      if response.headers["Content-Length"] != nil { return .done }
      keepsConnection = false
      return .bodyUntilEnd
    }
  }
}
