import Documents
import JSON
import Platform
import SyncProtocol

/// The end of a file of the audit.
struct AuditTail {
  /// Of the last whole line; nil if there is none.
  let last: AuditFiles.Mark?
  /// Up to the last line's end.
  let byteCount: Int
  let torn: [UInt8]
  /// No line is longer, in bytes.
  private static let mostBytes = 1 << 20

  init(_ path: String, _ fileSystem: any FileSystem) throws(SystemError) {
    let file = try fileSystem.open(path, .read)
    defer { file.close() }
    let size = try file.size()
    let begin = max(0, size - Self.mostBytes)
    let bytes = try file.read(at: begin, count: size - begin)
    let end = bytes.lastIndex(of: UInt8(ascii: "\n"))
    byteCount = end.map { begin + $0 + 1 } ?? 0
    torn = Array(bytes[(end.map { $0 + 1 } ?? 0)...])
    guard let end else {
      last = nil
      return
    }
    last = Self.mark(of: Self.lastLine(of: bytes[..<end]))
  }

  private static func lastLine(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let start = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.startIndex
    return bytes[start...]
  }

  private static func mark(of line: ArraySlice<UInt8>) -> AuditFiles.Mark? {
    let object = (try? JSONValue(parsing: line))?.objectValue
    guard let number = object?["number"]?.intValue, number > 0,
      let link = object?["link"]?.stringValue
    else { return nil }
    return AuditFiles.Mark(number: UInt64(number), link: link)
  }

  /// Whether a file's lines hold an entry that was noted, or begin right behind it. O(lines behind it).
  static func goesOn(
    from mark: AuditFiles.Mark, in file: [UInt8], _ digest: ([UInt8]) -> [UInt8]
  ) -> Bool {
    var rest = file[...]
    while let end = rest.lastIndex(of: UInt8(ascii: "\n")) {
      let line = lastLine(of: rest[..<end])
      guard let entry = Self.mark(of: line), entry.number >= mark.number else { return false }
      if entry.number == mark.number { return entry.link == mark.link }
      if line.startIndex == 0 {
        return entry.number == mark.number + 1
          && AuditLine.check(Array(line), after: mark.link, digest: digest) != nil
      }
      rest = rest[..<line.startIndex]
    }
    return false
  }
}
