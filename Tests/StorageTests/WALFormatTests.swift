import Documents
import Platform
import TestSupport
import Testing

@testable import Storage

/// The worked example of the article on the log's format: its bytes are the ones that the code writes.
struct WALFormatTests {
  private static let salt: UInt32 = 0x1234_5678
  private static let mark: UInt64 = 0x0102_0304_0506_0708
  private static let register = Array(#"{"name":"note","value":"hi"}"#.utf8)

  /// Segment 1 with one batch of one register.
  private static func example() throws -> [UInt8] {
    let digest = try Cryptography.load().sha256
    let header = SegmentHeader(number: 1, firstSequence: 1, chain: .start, salt: salt)
    var bytes = header.bytes
    let checksum = Frame.append(
      .register, register, sequence: 1, place: 0, salt: salt, to: &bytes)
    let end = BatchEnd(
      frameCount: 1, mark: mark, durable: 0,
      chain: LogChain.start.adding([checksum], digest: digest))
    Frame.append(.commit, end.payload, sequence: 2, place: 1, salt: salt, to: &bytes)
    return bytes
  }

  /// The bytes of the hex dump in the article: lines of an offset, a colon and pairs of digits.
  private static func article() throws -> [UInt8] {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let path = "/\(root)/Sources/Storage/Storage.docc/WALFormat.md"
    let text = String(decoding: try POSIXFileSystem().readFile(path), as: UTF8.self)
    var bytes: [UInt8] = []
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].hasPrefix("    0"),
        let offset = Int(parts[0].dropFirst(4), radix: 16),
        offset == bytes.count
      else { continue }
      let pairs = parts[1].prefix { $0 != "|" }.split(separator: " ")
      bytes += pairs.compactMap { UInt8($0, radix: 16) }
    }
    return bytes
  }

  @Test func `the bytes in the article are those that the code writes`() throws {
    let bytes = try Self.example()
    let dump = stride(from: 0, to: bytes.count, by: 16).map { start in
      let row = bytes[start..<min(start + 16, bytes.count)]
      return "    00\(HexText.text([UInt8(start)])): "
        + row.map { HexText.text([$0]) }.joined(separator: " ")
    }
    #expect(try Self.article() == bytes, "\(dump.joined(separator: "\n"))")
  }

  @Test func `the bytes in the article are a segment with one batch`() throws {
    let digest = try Cryptography.load().sha256
    let bytes = try Self.article()
    let store = try TestStore()
    let file = try POSIXFileSystem().open(store.layout.segment(9), .createNew)
    defer { file.close() }
    try file.write(bytes, at: 0)
    let reading = try SegmentReading(path: file.path, number: 1, file: file, digest: digest)
    #expect(reading.header?.salt == Self.salt && reading.end == .clean)
    #expect(reading.batches.map(\.mark) == [Self.mark])
    let places = reading.batches.flatMap(\.frames).map(\.record)
    #expect(
      try places.map { try file.read(at: $0.offset, count: $0.byteCount) } == [Self.register])
    #expect(reading.validEnd == bytes.count)
  }
}
