/// What a request is about: a path with a query (`/a?b=c`), the same as an absolute URI, or `*`.
struct RequestTarget: Sendable {
  var text: String
  var path: String
  var segments: [String]
  var query: [(name: String, value: String)]
  /// The host of an absolute URI, which `Host` must repeat.
  var authority: String?

  /// - Throws: 400 for other forms, for bytes that have no place in a URI, and for a path that
  ///   could be understood in two ways: bad escapes, an escaped slash or control byte, `.` and
  ///   `..`.
  init(_ bytes: ArraySlice<UInt8>, method: String) throws(HTTPRefusal) {
    text = String(decoding: bytes, as: UTF8.self)
    if bytes.elementsEqual("*".utf8) && method == "OPTIONS" {
      (path, segments, query) = ("*", [], [])
      return
    }
    let (authority, local) = try Self.splitAuthority(bytes)
    self.authority = authority
    let mark = local.firstIndex(of: UInt8(ascii: "?")) ?? local.endIndex
    let rawPath = local[..<mark]
    guard rawPath.first == ASCII.slash, rawPath.allSatisfy(ASCII.isPath) else {
      throw .malformed("The request target is malformed.")
    }
    path = String(decoding: rawPath, as: UTF8.self)
    segments = try Self.segments(of: rawPath)
    query = try Self.fields(of: local[mark...].dropFirst())
  }

  private static func splitAuthority(
    _ bytes: ArraySlice<UInt8>
  ) throws(HTTPRefusal) -> (String?, ArraySlice<UInt8>) {
    for scheme in ["http://", "https://"] {
      let start = bytes.prefix(scheme.utf8.count)
      guard start.map(ASCII.lowercased) == Array(scheme.utf8) else { continue }
      let rest = bytes[start.endIndex...]
      let slash = rest.firstIndex(of: ASCII.slash) ?? rest.endIndex
      let authority = rest[..<slash]
      guard Authority.isWellFormed(authority) else {
        throw .malformed("The request target is malformed.")
      }
      return (String(decoding: authority, as: UTF8.self), rest[slash...])
    }
    return (nil, bytes)
  }

  private static func segments(of path: ArraySlice<UInt8>) throws(HTTPRefusal) -> [String] {
    var raw = path.dropFirst().split(separator: ASCII.slash, omittingEmptySubsequences: false)
    if raw.last?.isEmpty == true { raw.removeLast() }
    var segments: [String] = []
    for part in raw {
      let bytes = try decode(part)
      guard !bytes.contains(where: { $0 == ASCII.slash || ASCII.isControl($0) }) else {
        throw .malformed("The path has an escaped slash or control byte.")
      }
      guard bytes != Array(".".utf8), bytes != Array("..".utf8) else {
        throw .malformed("The path has a dot segment.")
      }
      segments.append(try text(bytes))
    }
    return segments
  }

  private static func fields(
    of query: ArraySlice<UInt8>
  ) throws(HTTPRefusal) -> [(name: String, value: String)] {
    guard query.allSatisfy(ASCII.isQuery) else { throw .malformed("The query is malformed.") }
    var fields: [(name: String, value: String)] = []
    for part in query.split(separator: UInt8(ascii: "&")) {
      let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      let name = try decodeForm(part[..<equals])
      fields.append((name: name, value: try decodeForm(part[equals...].dropFirst())))
    }
    return fields
  }

  private static func decodeForm(_ bytes: ArraySlice<UInt8>) throws(HTTPRefusal) -> String {
    let spaced = bytes.map { $0 == UInt8(ascii: "+") ? ASCII.space : $0 }
    let decoded = try decode(spaced[...])
    guard !decoded.contains(0) else { throw .malformed("The query has an escaped NUL.") }
    return try text(decoded)
  }

  private static func decode(_ bytes: ArraySlice<UInt8>) throws(HTTPRefusal) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var rest = bytes
    while let byte = rest.popFirst() {
      guard byte == ASCII.percent else {
        decoded.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(ASCII.hexadecimal),
        let low = rest.popFirst().flatMap(ASCII.hexadecimal)
      else { throw .malformed("The request target has a bad escape.") }
      decoded.append(high << 4 | low)
    }
    return decoded
  }

  private static func text(_ bytes: [UInt8]) throws(HTTPRefusal) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .malformed("The request target is not UTF-8.")
    }
    return text
  }
}
