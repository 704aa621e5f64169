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
  private let content: [ArraySlice<UInt8>]
  private(set) var parts: [Document] = []
  private(set) var runs: [TransactionRun] = []
  /// One bad document never blocks another.
  private(set) var unreadable: [UnreadablePart] = []

  /// Checks a message, and reads its head.
  init(_ bytes: [UInt8], digest: Digest) throws(SyncStreamError) {
    let lines = try Self.lines(of: bytes, digest: digest)
    head = try Self.object(lines[0])
    content = Array(lines.dropFirst())
  }

  /// Reads what follows the head.
  mutating func readContent() throws(SyncStreamError) {
    let content = content
    let parsed = inChunks(content.count) { range in
      ParsedLines(content[range].map(ParsedLine.init))
    }
    var decoder = DocumentDecoder()
    for part in parsed { try part.read(into: &runs, &decoder.table) }
    let known = decoder
    for part in inChunks(of: parsed, { $0.documents(known) }) {
      if let error = part.error { throw error }
      parts += part.documents
      unreadable += part.unreadable
    }
  }

  /// The lines before the end, if that fits.
  private static func lines(
    of bytes: [UInt8], digest: Digest
  ) throws(SyncStreamError) -> [ArraySlice<UInt8>] {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.count >= 3, lines.removeLast().isEmpty, let end = lines.popLast() else {
      throw SyncStreamError("the stream has no end")
    }
    let sum = HexText.text(Array(digest(Array(bytes[..<end.startIndex])).prefix(8)))
    guard let last = try? object(end), last["end"]?.intValue == lines.count,
      last["digest"]?.stringValue == sum
    else { throw SyncStreamError("the stream is cut off or changed on its way") }
    return lines
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
