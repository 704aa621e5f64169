import Causality
import Documents
import JSON

/// Writes a message as lines of JSON: a head, documents and transactions in any order, each id table
/// before the documents that use it, and an end that names the number of lines before it and the
/// digest of their bytes. A stream without its end is not applied.
struct SyncStreamWriter {
  private(set) var bytes: [UInt8] = []
  private var lineCount = 0
  private var encoder = DocumentEncoder(embedsTable: false)
  private var writtenIDs = 0
  private let rules: MergeRules

  init(head: JSONObject, rules: MergeRules) {
    self.rules = rules
    line(head)
  }

  /// Writes documents in their order, behind a table of the ids that they name first.
  mutating func write(_ documents: [Document]) {
    for document in documents { encoder.note(idsOf: document) }
    let ids = encoder.table.ids
    if ids.count > writtenIDs {
      line(["ids": .array(ids[writtenIDs...].map { .string($0.description) })])
      writtenIDs = ids.count
    }
    let (known, rules) = (encoder, rules)
    let parts = inChunks(documents.count) { range in
      var encoder = known
      var bytes: [UInt8] = []
      for document in documents[range] {
        encoder.encode(document, rules.type(document.key.type), into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
      }
      assert(encoder.table.ids.count == known.table.ids.count, "a document names an unnoted id")
      return bytes
    }
    for part in parts { bytes += part }
    lineCount += documents.count
  }

  mutating func write(_ run: TransactionRun) { line(RunCodec.encode(run)) }

  mutating func finish(digest: Digest) -> [UInt8] {
    let sum = HexText.text(Array(digest(bytes).prefix(8)))
    line(["end": .int(lineCount), "digest": .string(sum)])
    return bytes
  }

  private mutating func line(_ object: JSONObject) {
    object.write(into: &bytes)
    endLine()
  }

  private mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    lineCount += 1
  }
}

/// Why bytes are not a message of the protocol.
package struct SyncStreamError: Error, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// Reads what `SyncStreamWriter` writes: the end is checked before anything else.
struct SyncStreamReader {
  let head: JSONObject
  /// The lines behind it, up to the end.
  private let content: ArraySlice<UInt8>
  private(set) var parts: [Document] = []
  private(set) var runs: [TransactionRun] = []
  /// One bad document never blocks another.
  private(set) var unreadable: [UnreadablePart] = []

  /// Checks a message, and reads its head.
  init(_ bytes: [UInt8], digest: Digest) throws(SyncStreamError) {
    var rest = try Self.content(of: bytes, digest: digest)
    guard let line = Self.takeLine(from: &rest) else {
      throw SyncStreamError("the stream has no end")
    }
    head = try Self.object(line)
    content = rest
  }

  /// Reads what follows the head.
  mutating func readContent() throws(SyncStreamError) {
    var decoder = DocumentDecoder()
    var rest = content
    while !rest.isEmpty { try read(Self.takeLines(from: &rest), &decoder) }
  }

  private mutating func read(
    _ lines: [ArraySlice<UInt8>], _ decoder: inout DocumentDecoder
  ) throws(SyncStreamError) {
    let parsed = inChunks(lines.count) { range in
      ParsedLines(lines[range].map(ParsedLine.init))
    }
    for part in parsed { try part.read(into: &runs, &decoder.table) }
    let known = decoder
    for part in inChunks(of: parsed, { $0.documents(known) }) {
      if let error = part.error { throw error }
      parts += part.documents
      unreadable += part.unreadable
    }
  }

  /// How many bytes of lines are looked at together: parsed they take many times as much memory, until they are
  /// documents.
  private static let batchByteCount = 256 << 10

  /// The next lines, at least one.
  private static func takeLines(from rest: inout ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    let end = rest.startIndex + batchByteCount
    var lines: [ArraySlice<UInt8>] = []
    while rest.startIndex < end, let line = takeLine(from: &rest) { lines.append(line) }
    return lines
  }

  /// The next line, without its end.
  private static func takeLine(from rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let end = rest.firstIndex(of: lineEnd) else { return nil }
    defer { rest = rest[(end + 1)...] }
    return rest[..<end]
  }

  private static let lineEnd = UInt8(ascii: "\n")

  /// The lines before the end, each with its line end, if the end fits.
  private static func content(
    of bytes: [UInt8], digest: Digest
  ) throws(SyncStreamError) -> ArraySlice<UInt8> {
    guard bytes.last == lineEnd, let before = bytes.dropLast().lastIndex(of: lineEnd) else {
      throw SyncStreamError("the stream has no end")
    }
    let content = bytes[...before]
    let sum = HexText.text(Array(digest(Array(content)).prefix(8)))
    guard let last = try? object(bytes[(before + 1)...].dropLast()),
      last["end"]?.intValue == content.count(where: { $0 == lineEnd }),
      last["digest"]?.stringValue == sum
    else { throw SyncStreamError("the stream is cut off or changed on its way") }
    return content
  }

  private static func object(_ line: ArraySlice<UInt8>) throws(SyncStreamError) -> JSONObject {
    let value: JSONValue
    do { value = try JSONValue(parsing: line) } catch {
      throw SyncStreamError("a line is no JSON: \(error)")
    }
    guard let object = value.objectValue else { throw SyncStreamError("a line is no object") }
    return object
  }
}
