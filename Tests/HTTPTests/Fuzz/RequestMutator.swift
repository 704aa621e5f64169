import TestSupport

/// Streams of valid requests that are changed at random. A seed repeats its stream.
struct RequestMutator {
  /// A stream is not made longer than this.
  private static let maximumByteCount = 2_048

  private static let valid =
    ParserCase.all.filter { Int($0.outcome.last ?? "") == nil }
    .map(\.bytes)
    + [
      request(
        "PUT /expects HTTP/1.1", "Expect: 100-continue", "Content-Length: 5", body: "12345"),
      request(
        "POST /expects/chunks HTTP/1.1", "Expect: 100-continue", "Transfer-Encoding: chunked",
        body: "5\r\n12345\r\na\r\n0123456789\r\n0\r\n\r\n"),
      request("HEAD /h?a=b%20c HTTP/1.1", "Connection: close"),
      request("PATCH http://a/x/%C3%A9 HTTP/1.1", "Content-Length: 2", "Cookie: a=b", body: "{}"),
    ].map { Array($0.utf8) }

  private static let words = [
    "X-A: b\r\n", "A:b\r\nA:b\r\nA:b\r\nA:b\r\n", "Content-Length: 9999\r\n", "PUT ",
    "\r\n", "\r\n\r\n", "\n", "\r", "\0", ":", ": ", ",", ";", " ", "\t", "/", "?", "%", "%2e",
    "%00", "..", "0", "1", "9", "a", "f", "-", "+", "0x", "0\r\n\r\n", "1\r\nx\r\n", "64\r\n",
    "65\r\n", "fffffffffffffff", "99999999999999999999", "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD ", "OPTIONS * ", "http://a/", "HTTP/1.1", "HTTP/1.0", "Host: a\r\n", "Host: b:80\r\n",
    "Content-Length: ", "Content-Length: 3\r\n", "Content-Length: 100\r\n",
    "Content-Length: 101\r\n", "Transfer-Encoding: ", "Transfer-Encoding: chunked\r\n", "chunked",
    "gzip, ", "Expect: 100-continue\r\n", "Connection: close\r\n", "é", "\u{7f}",
  ].map { Array($0.utf8) }

  private var generator: SeededGenerator

  init(seed: Int) { generator = SeededGenerator(seed: seed) }

  /// The next stream. One in eight is left as it is.
  mutating func stream() -> [UInt8] {
    var bytes = generator.pick(Self.valid)
    while generator.once(in: 3) { bytes += generator.pick(Self.valid) }
    for _ in 0..<generator.below(generator.pick([2, 4, 8])) { mutate(&bytes) }
    return Array(bytes.prefix(Self.maximumByteCount))
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    let range = range(in: bytes)
    switch generator.below(12) {
    case 0: if !range.isEmpty { bytes[range.lowerBound] ^= 1 << UInt8(generator.below(8)) }
    case 1: bytes.insert(UInt8(generator.below(256)), at: range.lowerBound)
    case 2: bytes.removeSubrange(range)
    case 3: multiply(&bytes, range)
    case 4: splice(&bytes, at: range.lowerBound)
    case 5: if generator.once(in: 4) { bytes.removeSubrange(range.lowerBound...) }
    case 6...9: insertWord(&bytes, at: range.lowerBound)
    case 10: bytes.replaceSubrange(range, with: generator.pick(Self.words))
    default: changeDigit(&bytes, from: range.lowerBound)
    }
  }

  /// A place and some bytes behind it, mostly few.
  private mutating func range(in bytes: [UInt8]) -> Range<Int> {
    let start = generator.below(bytes.count + 1)
    let longest = generator.once(in: 4) ? 64 : 4
    return start..<min(bytes.count, start + generator.below(longest + 1))
  }

  /// Inserts a word there, or at the start of that line.
  private mutating func insertWord(_ bytes: inout [UInt8], at place: Int) {
    let line = bytes[..<place].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
    let start = generator.once(in: 2) ? line ?? place : place
    bytes.insert(contentsOf: generator.pick(Self.words), at: start)
  }

  /// Repeats a few bytes, or a whole line, up to a length beyond the limits.
  private mutating func multiply(_ bytes: inout [UInt8], _ range: Range<Int>) {
    let copies = generator.once(in: 4) ? 1 + generator.below(120) : 1
    let line = bytes[..<range.lowerBound].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
    let start = generator.once(in: 2) ? line ?? range.lowerBound : range.lowerBound
    let copied = Array(bytes[start..<range.upperBound].prefix(32))
    let place = start + copied.count
    bytes.insert(contentsOf: (0..<copies).flatMap { _ in copied }, at: place)
  }

  /// Goes on with another stream, from anywhere in it.
  private mutating func splice(_ bytes: inout [UInt8], at place: Int) {
    let other = generator.pick(Self.valid)
    bytes.replaceSubrange(place..., with: other[generator.below(other.count + 1)...])
  }

  private mutating func changeDigit(_ bytes: inout [UInt8], from place: Int) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let index = bytes[place...].firstIndex(where: digits.contains) else { return }
    bytes[index] = UInt8(ascii: "0") + UInt8(generator.below(10))
  }
}
