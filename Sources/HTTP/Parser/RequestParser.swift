/// A strict, incremental parser of HTTP/1.1 requests (RFC 9112): bytes in, requests out. It does no
/// I/O and knows no time.
///
/// The caller's part, in this order: `feed` what came in; ask `next` until it needs bytes; after
/// `.head` call `accept` before asking again; after `.refused` close the connection. How the bytes
/// were split never changes the verdict.
package struct RequestParser: Sendable {
  package enum Event: Sendable {
    /// Feed more.
    case needsBytes
    /// The fields are complete; the body waits for `accept`.
    case head(RequestHead)
    /// The request is complete.
    case request(HTTPRequest)
    /// The stream cannot be understood from here on, or the request is larger than allowed.
    case refused(HTTPRefusal)
  }

  private enum State {
    case requestLine
    case fields(RequestLine)
    case admission
    case fixedBody(remaining: Int)
    case chunkedBody(ChunkedDecoder)
    case refused(HTTPRefusal)
  }

  private let limits: HTTPLimits
  private var state = State.requestLine
  private var queue = ByteQueue()
  private var lines = LineScanner()
  private var headers = HTTPHeaders()
  private var fieldsByteCount = 0
  /// Whether an empty line stood before the request line: one is passed over (RFC 9112, 2.2).
  private var skippedEmptyLine = false
  private var head: RequestHead?
  private var body: [UInt8] = []
  private var maximumBodyByteCount = 0

  package init(limits: HTTPLimits = .standard) { self.limits = limits }

  /// Adds bytes that came in. They are kept until `next` has taken them.
  package mutating func feed(_ bytes: ArraySlice<UInt8>) {
    if case .refused = state { return }
    queue.append(bytes)
  }

  /// Takes the body of the request whose head was just returned, of at most so many bytes.
  package mutating func accept(maximumBodyByteCount maximum: Int) {
    guard case .admission = state, let head else { preconditionFailure("no head waits") }
    maximumBodyByteCount = maximum
    switch head.framing {
    case .none: state = .fixedBody(remaining: 0)
    case .length(let count) where count > maximum: refuse(.bodyTooLarge)
    case .length(let count): state = .fixedBody(remaining: count)
    case .chunked: state = .chunkedBody(ChunkedDecoder())
    }
  }

  /// The next thing that the bytes so far say.
  /// - Complexity: O(n) over all calls for n bytes.
  package mutating func next() -> Event {
    do throws(HTTPRefusal) {
      return try advance()
    } catch {
      refuse(error)
      return .refused(error)
    }
  }

  private mutating func refuse(_ refusal: HTTPRefusal) {
    state = .refused(refusal)
    queue.removeAll()
  }

  /// The method of the request being parsed, or of the one that was refused, once its line is here:
  /// also when the rest of that line is malformed.
  package private(set) var method: String?

  /// Whether bytes of an unfinished request have come in.
  package var isInsideRequest: Bool {
    if case .requestLine = state { return skippedEmptyLine || !queue.isEmpty }
    return true
  }

  /// The bytes that are kept.
  var heldByteCount: Int { queue.count + body.count }

  /// Whether bytes have been fed that `next` has not taken yet.
  package var hasUnparsedBytes: Bool { !queue.isEmpty }

  private mutating func advance() throws(HTTPRefusal) -> Event {
    while true {
      switch state {
      case .requestLine:
        guard let line = try requestLine() else { return .needsBytes }
        state = .fields(line)
      case .fields(let line):
        guard let field = try fieldLine() else { return .needsBytes }
        if field.isEmpty { return .head(try finishHead(line)) }
        try add(field)
      case .admission:
        preconditionFailure("accept the head first")
      case .fixedBody(let remaining):
        let count = min(remaining, queue.count)
        queue.move(count, to: &body)
        state = .fixedBody(remaining: remaining - count)
        return count == remaining ? finishRequest() : .needsBytes
      case .chunkedBody(var decoder):
        let isDone = try decoder.decode(&queue, into: &body, limit: maximumBodyByteCount)
        state = .chunkedBody(decoder)
        return isDone ? finishRequest() : .needsBytes
      case .refused(let refusal):
        return .refused(refusal)
      }
    }
  }

  private mutating func requestLine() throws(HTTPRefusal) -> RequestLine? {
    let overflow = HTTPRefusal(414, "The request line is too long.")
    while true {
      let line: [UInt8]?
      do throws(HTTPRefusal) {
        line = try lines.nextLine(
          in: &queue, limit: limits.maximumLineByteCount, overflow: overflow)
      } catch {
        method = RequestLine.method(queue.prefix(limits.maximumLineByteCount))
        throw error
      }
      guard let line else { return nil }
      if line.isEmpty && !skippedEmptyLine {
        skippedEmptyLine = true
        continue
      }
      method = RequestLine.method(line)
      return try RequestLine(line)
    }
  }

  private mutating func fieldLine() throws(HTTPRefusal) -> [UInt8]? {
    let lineEndByteCount = 2
    let free = limits.maximumFieldsByteCount - fieldsByteCount - lineEndByteCount
    let line = try lines.nextLine(
      in: &queue, limit: min(limits.maximumLineByteCount, free),
      overflow: HTTPRefusal(431, "The header fields are too large."))
    if let line, !line.isEmpty { fieldsByteCount += line.count + lineEndByteCount }
    return line
  }

  private mutating func add(_ line: [UInt8]) throws(HTTPRefusal) {
    guard headers.fields.count < limits.maximumFieldCount else {
      throw HTTPRefusal(431, "There are too many header fields.")
    }
    let (name, value) = try FieldLine.parse(line)
    headers.append(name, value)
  }

  private mutating func finishHead(_ line: RequestLine) throws(HTTPRefusal) -> RequestHead {
    let head = try RequestHead(line, headers)
    self.head = head
    state = .admission
    return head
  }

  private mutating func finishRequest() -> Event {
    guard var request = head?.request else { preconditionFailure("a body has a head") }
    request.body = body
    state = .requestLine
    headers = HTTPHeaders()
    fieldsByteCount = 0
    skippedEmptyLine = false
    head = nil
    method = nil
    body = []
    return .request(request)
  }
}
