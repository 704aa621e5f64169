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

  mutating func write(_ document: Document) {
    var object: [UInt8] = []
    encoder.encode(document, rules.type(document.key.type), into: &object)
    let ids = encoder.table.ids
    if ids.count > writtenIDs {
      line(["ids": .array(ids[writtenIDs...].map { .string($0.description) })])
      writtenIDs = ids.count
    }
    bytes += object
    endLine()
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

/// Reads what `SyncStreamWriter` writes, whole: the end is checked before anything else.
struct SyncStreamReader {
  let head: JSONObject
  private(set) var parts: [Document] = []
  private(set) var runs: [TransactionRun] = []
  /// One bad document never blocks another.
  private(set) var unreadable: [UnreadablePart] = []
  private var decoder = DocumentDecoder()

  init(_ bytes: [UInt8], digest: Digest) throws(SyncStreamError) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.count >= 3, lines[lines.count - 1].isEmpty else {
      throw SyncStreamError("the stream has no end")
    }
    let end = lines[lines.count - 2]
    let sum = HexText.text(Array(digest(Array(bytes[..<end.startIndex])).prefix(8)))
    guard let last = try? Self.object(end), last["end"]?.intValue == lines.count - 2,
      last["digest"]?.stringValue == sum
    else { throw SyncStreamError("the stream is cut off or changed on its way") }
    head = try Self.object(lines[0])
    for line in lines[1..<lines.count - 2] { try read(line) }
  }

  private static func object(_ line: ArraySlice<UInt8>) throws(SyncStreamError) -> JSONObject {
    let value: JSONValue
    do { value = try JSONValue(parsing: line) } catch {
      throw SyncStreamError("a line is no JSON: \(error)")
    }
    guard let object = value.objectValue else { throw SyncStreamError("a line is no object") }
    return object
  }

  private mutating func read(_ line: ArraySlice<UInt8>) throws(SyncStreamError) {
    if line.count > DocumentLimits.maximumLineByteCount {
      let limit = DocumentLimits.maximumLineByteCount >> 20
      return keepAside(line, "it is longer than \(limit) MiB", nil)
    }
    let value: JSONValue
    do { value = try JSONValue(parsing: line) } catch {
      if error.isBeyondLimits { return keepAside(line, error.problem, nil) }
      throw SyncStreamError("a line is no JSON: \(error)")
    }
    guard let object = value.objectValue else { throw SyncStreamError("a line is no object") }
    do throws(DocumentCodecError) {
      if let ids = object["ids"]?.arrayValue {
        try add(ids)
      } else if object["transactions"] != nil {
        runs.append(try RunCodec.decode(object))
      } else {
        try readPart(object, line)
      }
    } catch {
      throw SyncStreamError("\(error)")
    }
  }

  /// What names a document but is none that can be kept, is kept aside.
  private mutating func readPart(
    _ object: JSONObject, _ line: ArraySlice<UInt8>
  ) throws(DocumentCodecError) {
    do throws(DocumentCodecError) {
      let document = try decoder.decode(object)
      guard DocumentLimits.allow(document) else {
        throw DocumentCodecError(
          "a field is nested deeper than \(DocumentLimits.maximumDepth) levels")
      }
      parts.append(document)
    } catch {
      guard let key = DocumentKey(reading: object) else { throw error }
      keepAside(line, error.description, key)
    }
  }

  private mutating func keepAside(
    _ line: ArraySlice<UInt8>, _ problem: String, _ key: DocumentKey?
  ) {
    unreadable.append(UnreadablePart(bytes: Array(line), problem: problem, key: key))
  }

  private mutating func add(_ ids: [JSONValue]) throws(DocumentCodecError) {
    for value in ids {
      guard let id = value.stringValue.flatMap({ UniqueID($0) }) else {
        throw DocumentCodecError("an id is malformed")
      }
      _ = decoder.table.number(of: id)
    }
  }
}
