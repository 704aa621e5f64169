import Causality
import Documents
import JSON
import Synchronization

/// One line of a stream, before it is known which ids it may name.
enum ParsedLine: Sendable {
  case ids([JSONValue])
  case run(JSONObject)
  case document(JSONObject, ArraySlice<UInt8>)
  case unreadable(UnreadablePart)
  case malformed(String)

  init(_ line: ArraySlice<UInt8>) {
    if line.count > DocumentLimits.maximumLineByteCount {
      let limit = DocumentLimits.maximumLineByteCount >> 20
      self = .unreadable(
        UnreadablePart(bytes: Array(line), problem: "it is longer than \(limit) MiB", key: nil))
      return
    }
    let value: JSONValue
    let limits = JSONLimits(
      maximumValueCount: DocumentLimits.maximumValueCount(ofLine: line.count))
    do { value = try JSONValue(parsing: line, limits: limits) } catch {
      self =
        error.isBeyondLimits
        ? .unreadable(UnreadablePart(bytes: Array(line), problem: error.problem, key: nil))
        : .malformed("a line is no JSON: \(error)")
      return
    }
    guard let object = value.objectValue else {
      self = .malformed("a line is no object")
      return
    }
    if let ids = object["ids"]?.arrayValue {
      self = .ids(ids)
    } else {
      self = object["transactions"] == nil ? .document(object, line) : .run(object)
    }
  }
}

/// Some lines of a stream, in order. They are handed over from the thread that parsed them to the one that
/// makes documents of them, and gone then.
final class ParsedLines: Sendable {
  private let lines: Mutex<[ParsedLine]>

  init(_ lines: [ParsedLine]) { self.lines = Mutex(lines) }

  /// Takes in what the stream shares, in its order.
  func read(
    into runs: inout [TransactionRun], _ table: inout IDTable
  ) throws(SyncStreamError) {
    for line in lines.withLock({ $0 }) {
      switch line {
      case .ids(let ids): try Self.add(ids, to: &table)
      case .run(let object):
        do { runs.append(try RunCodec.decode(object)) } catch { throw SyncStreamError("\(error)") }
      case .malformed(let problem): throw SyncStreamError(problem)
      case .document, .unreadable: break
      }
    }
  }

  private static func add(_ ids: [JSONValue], to table: inout IDTable) throws(SyncStreamError) {
    for value in ids {
      guard let id = value.stringValue.flatMap({ UniqueID($0) }) else {
        throw SyncStreamError("an id is malformed")
      }
      _ = table.number(of: id)
    }
  }

  struct Documents: Sendable {
    var documents: [Document] = []
    var unreadable: [UnreadablePart] = []
    var error: SyncStreamError?
  }

  /// What names a document but is none that can be kept, is kept aside.
  func documents(_ decoder: DocumentDecoder) -> Documents {
    let lines = lines.withLock { lines in
      defer { lines = [] }
      return lines
    }
    var result = Documents()
    result.documents.reserveCapacity(lines.count)
    for line in lines {
      switch line {
      case .unreadable(let part): result.unreadable.append(part)
      case .document(let object, let bytes):
        do throws(DocumentCodecError) {
          result.documents.append(try Self.document(object, decoder))
        } catch {
          guard let key = DocumentKey(reading: object) else {
            result.error = SyncStreamError("\(error)")
            return result
          }
          result.unreadable.append(
            UnreadablePart(bytes: Array(bytes), problem: error.description, key: key))
        }
      default: break
      }
    }
    return result
  }

  private static func document(
    _ object: JSONObject, _ decoder: DocumentDecoder
  ) throws(DocumentCodecError) -> Document {
    let document = try decoder.decode(object)
    guard DocumentLimits.allow(document) else {
      throw DocumentCodecError(
        "a field is nested deeper than \(DocumentLimits.maximumDepth) levels")
    }
    return document
  }
}
