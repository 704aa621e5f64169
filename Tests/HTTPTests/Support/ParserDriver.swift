import HTTP
internal import Testing

/// A stream of bytes and what the parser should make of it.
struct ParserCase: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  /// One entry a request (`POST /a 5` with the body's length), and at the end one for a refusal
  /// (`400`) or for a request that is not complete (`unfinished`).
  let outcome: [String]

  init(_ name: String, _ text: String, _ outcome: String...) {
    self.init(name, bytes: Array(text.utf8), outcome)
  }

  init(_ name: String, bytes: [UInt8], _ outcome: [String]) {
    self.name = name
    self.bytes = bytes
    self.outcome = outcome
  }

  var testDescription: String { name }
}

/// A request line and `Host`, then these lines.
func request(_ line: String, _ fields: String..., body: String = "") -> String {
  ([line, "Host: a"] + fields).map { $0 + "\r\n" }.joined() + "\r\n" + body
}

/// Feeds the pieces one after another and collects what comes out.
func parse(
  _ pieces: [ArraySlice<UInt8>], maximumBodyByteCount: Int = 100,
  limits: HTTPLimits = .standard
) -> (requests: [HTTPRequest], refusal: HTTPRefusal?, isUnfinished: Bool) {
  var parser = RequestParser(limits: limits)
  var requests: [HTTPRequest] = []
  for piece in pieces {
    parser.feed(piece)
    feeding: while true {
      switch parser.next() {
      case .needsBytes: break feeding
      case .head: parser.accept(maximumBodyByteCount: maximumBodyByteCount)
      case .request(let request): requests.append(request)
      case .refused(let refusal): return (requests, refusal, false)
      }
    }
  }
  return (requests, nil, parser.isInsideRequest)
}

/// The result of `parse` as a `ParserCase` spells it.
func outcome(
  _ pieces: [ArraySlice<UInt8>], maximumBodyByteCount: Int = 100,
  limits: HTTPLimits = .standard
) -> [String] {
  let (requests, refusal, isUnfinished) = parse(
    pieces, maximumBodyByteCount: maximumBodyByteCount, limits: limits)
  return requests.map { "\($0.method) \($0.target) \($0.body.count)" }
    + (refusal.map { ["\($0.status)"] } ?? []) + (isUnfinished ? ["unfinished"] : [])
}

extension HTTPRefusal {
  static func status(of text: String) -> Int? { parse([Array(text.utf8)[...]]).refusal?.status }
}
