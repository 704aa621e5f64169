import HTTP

/// What a check of a random stream found.
struct FuzzFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// All that the parser makes of a stream, in words that can be compared.
struct ParserTrace: Equatable {
  /// No request is shorter than `G / HTTP/1.1`, `Host:a` and their line ends.
  private static let leastRequestByteCount = 24

  private(set) var requests: [String] = []
  private(set) var refusal: HTTPRefusal?
  private(set) var isUnfinished = false

  /// - Throws: when the parser breaks a promise.
  init(_ pieces: [ArraySlice<UInt8>], limits: HTTPLimits) throws {
    var parser = RequestParser(limits: limits)
    let byteCount = pieces.reduce(0) { $0 + $1.count }
    // Each piece ends in one call that wants more, and a request takes two.
    var callsLeft = pieces.count + 2 * (byteCount / Self.leastRequestByteCount)
    for piece in pieces {
      parser.feed(piece)
      feeding: while true {
        callsLeft -= 1
        guard refusal != nil || callsLeft >= 0 else { throw FuzzFailure("too many calls") }
        switch parser.next() {
        case .needsBytes:
          guard refusal == nil else { throw FuzzFailure("a refused stream goes on") }
          break feeding
        case .head: parser.accept(maximumBodyByteCount: limits.maximumBodyByteCount)
        case .request(let request): try add(request, limits)
        case .refused(let reason):
          guard refusal == nil || refusal == reason, !parser.hasUnparsedBytes else {
            throw FuzzFailure("a refused stream changed: \(reason)")
          }
          refusal = reason
          break feeding
        }
      }
    }
    isUnfinished = parser.isInsideRequest
  }

  private mutating func add(_ request: HTTPRequest, _ limits: HTTPLimits) throws {
    guard refusal == nil else { throw FuzzFailure("a request behind a refusal") }
    try Self.check(request, limits)
    let fields = request.headers.fields.map { "\($0.name):\($0.value)" }.joined(separator: "\n")
    requests.append(
      "\(request.method) \(request.target) \(request.body.map(String.init).joined(separator: ","))"
        + "\n\(fields)")
  }

  /// What must hold for every request that is taken, whatever came in.
  private static func check(_ request: HTTPRequest, _ limits: HTTPLimits) throws {
    let headers = request.headers
    let lengths = headers.all("Content-Length")
    let codings = headers.all("Transfer-Encoding")
    guard headers.all("Host").count == 1, lengths.count + codings.count <= 1,
      codings.allSatisfy({ $0.lowercased() == "chunked" }),
      lengths.allSatisfy({ $0 == "\(request.body.count)" }),
      !lengths.isEmpty || !codings.isEmpty || request.body.isEmpty,
      request.body.count <= limits.maximumBodyByteCount,
      headers.fields.count <= limits.maximumFieldCount
    else { throw FuzzFailure("a body or its fields are wrong: \(request)") }
    let isPlain = { (text: String) in !text.utf8.contains { $0 < 0x20 && $0 != 9 || $0 == 0x7f } }
    guard isPlain(request.method), isPlain(request.target), request.segments.allSatisfy(isPlain),
      headers.fields.allSatisfy({ isPlain($0.name) && isPlain($0.value) })
    else { throw FuzzFailure("a control byte got through: \(request)") }
    guard request.segments.allSatisfy({ $0 != "." && $0 != ".." && !$0.utf8.contains(0x2f) }) else {
      throw FuzzFailure("a segment leads elsewhere: \(request)")
    }
  }
}
