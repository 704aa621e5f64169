extension JSONValue {
  /// Reads one JSON text, strictly by RFC 8259: UTF-8 without a byte order mark, no key twice, no
  /// lone surrogates, nothing after the value.
  /// - Throws: the first problem with its place. The text must be corrected by whoever wrote it.
  package init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(JSONError) -> JSONValue in
      try JSONValue(parsing: bytes, limits: limits)
    }
  }

  /// Reads a part of an array, such as one line of a stream, without copying it.
  package init(parsing bytes: ArraySlice<UInt8>, limits: JSONLimits = .standard) throws(JSONError) {
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(JSONError) -> JSONValue in
      try JSONValue(parsing: bytes, limits: limits)
    }
  }

  /// Reads bytes that lie anywhere in memory. Offsets in errors count from their start.
  package init(
    parsing bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits = .standard
  ) throws(JSONError) {
    var parser = JSONParser(bytes: bytes, limits: limits)
    self = try parser.parseText()
  }
}

/// Reads a text from left to right; each function begins at `position` and leaves it behind what it
/// has read.
struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let limits: JSONLimits
  var position = 0
  var keys = DuplicateKeyFinder()
  private var valueCount = 0

  init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func parseText() throws(JSONError) -> JSONValue {
    guard bytes.count <= limits.maximumByteCount else {
      throw failure("longer than \(limits.maximumByteCount) bytes", at: limits.maximumByteCount)
    }
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { throw failure("a byte order mark is not allowed") }
    skipWhiteSpace()
    let value = try parseValue(depth: 0)
    skipWhiteSpace()
    guard position == bytes.count else { throw failure("nothing may follow the value") }
    return value
  }

  private mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
    guard let first = peek() else { throw failure("the text ends where a value is expected") }
    valueCount += 1
    guard valueCount <= limits.maximumValueCount else {
      throw beyondLimits("more than \(limits.maximumValueCount) values")
    }
    switch first {
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "{"): return .object(try parseObject(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try parseArray(depth: depth + 1))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return .number(try parseNumber())
    case UInt8(ascii: "t"):
      try parseWord("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try parseWord("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try parseWord("null")
      return .null
    default: throw failure("a value is expected here")
    }
  }

  private mutating func parseArray(depth: Int) throws(JSONError) -> [JSONValue] {
    try enter(depth: depth)
    var elements: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return elements }
    while true {
      elements.append(try parseValue(depth: depth))
      skipWhiteSpace()
      if take(UInt8(ascii: "]")) { return elements }
      guard take(UInt8(ascii: ",")) else { throw failure("\",\" or \"]\" is expected here") }
      skipWhiteSpace()
    }
  }

  private mutating func parseObject(depth: Int) throws(JSONError) -> JSONObject {
    try enter(depth: depth)
    if take(UInt8(ascii: "}")) { return JSONObject() }
    var members: [JSONMember] = []
    members.reserveCapacity(8)
    var scope = keys.open()
    while true {
      let start = position
      guard peek() == UInt8(ascii: "\"") else { throw failure("a key is expected here") }
      let key = try parseString()
      guard keys.insert(key, in: &scope, members: members) else {
        throw failure("duplicate key \(JSONError.quoted(key))", at: start)
      }
      skipWhiteSpace()
      guard take(UInt8(ascii: ":")) else { throw failure("\":\" is expected here") }
      skipWhiteSpace()
      members.append(JSONMember(key: key, value: try parseValue(depth: depth)))
      skipWhiteSpace()
      if take(UInt8(ascii: "}")) { break }
      guard take(UInt8(ascii: ",")) else { throw failure("\",\" or \"}\" is expected here") }
      skipWhiteSpace()
    }
    keys.close(scope)
    return JSONObject(members: members)
  }

  private mutating func parseNumber() throws(JSONError) -> JSONNumber {
    let start = position
    if let problem = JSONNumber.scan(bytes, &position) { throw failure(problem) }
    let spelling = UnsafeBufferPointer(rebasing: bytes[start..<position])
    return JSONNumber(scanned: String(decoding: spelling, as: UTF8.self))
  }

  private mutating func parseWord(_ word: StaticString) throws(JSONError) {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count,
      word.withUTF8Buffer({ bytes[position..<end].elementsEqual($0) })
    else { throw failure("a value is expected here") }
    position = end
  }

  private mutating func enter(depth: Int) throws(JSONError) {
    guard depth <= limits.maximumDepth else {
      throw beyondLimits("nested deeper than \(limits.maximumDepth) levels")
    }
    position += 1
    skipWhiteSpace()
  }

  private mutating func skipWhiteSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0a, 0x0d, 0x09: position += 1
      default: return
      }
    }
  }

  func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private func beyondLimits(_ problem: String) -> JSONError {
    var error = failure(problem)
    error.isBeyondLimits = true
    return error
  }

  func failure(_ problem: String, at offset: Int? = nil) -> JSONError {
    JSONError(in: bytes, offset: offset ?? position, problem: problem)
  }
}
