import Documents
import JSON
import Platform

/// What a checkpoint leaves besides the documents' files, the index and the history: one JSON value a
/// line, the last of which names the number of lines before it and their CRC-32C.
///
///     {"format":1,"segment":N,"sequence":N,"chain":"…"}   the log goes on with this segment and frame
///     {"documents":N,"root":"…","history":CRC}            how many there are, and the hash over them
///     {"journal":N,"mark":"…","bytes":N}                  if there is one: its number, head and length
///     {"register":NAME,"value":…}                         any number
///     {"note":NAME,"value":…}                             what holds for this checkpoint only
///     {"lines":N,"crc":N}
///
/// The index and the history bear the segment's number in their names.
struct Manifest {
  /// Where the log goes on that the checkpoint does not cover.
  var position: WriteAheadLog.Position
  var documents = Documents(count: 0, root: [UInt8](repeating: 0, count: 32))
  /// Of the file of the history.
  var historyChecksum: UInt32 = 0
  var journal: JournalFile?
  var registers: [(name: String, value: JSONValue)] = []
  var notes: [(name: String, value: JSONValue)] = []

  struct Documents: Equatable {
    var count: Int
    /// See `RootHash`.
    var root: [UInt8]
  }

  /// Whether a checkpoint was made.
  let isCheckpoint: Bool

  /// Before the first checkpoint.
  static let empty = Manifest(
    position: WriteAheadLog.Position(segment: 1, sequence: 1, chain: .start), isCheckpoint: false)

  init(position: WriteAheadLog.Position, isCheckpoint: Bool = true) {
    self.position = position
    self.isCheckpoint = isCheckpoint
  }
}

extension Manifest {
  var bytes: [UInt8] {
    var objects: [JSONObject] = [
      [
        "format": .int(StoreIdentity.currentFormat),
        "segment": .number(JSONNumber(position.segment)),
        "sequence": .number(JSONNumber(position.sequence)),
        "chain": .string(HexText.text(position.chain.bytes)),
      ],
      [
        "documents": .int(documents.count), "root": .string(HexText.text(documents.root)),
        "history": .int(Int(historyChecksum)),
      ],
    ]
    if let journal {
      objects.append([
        "journal": .int(Int(journal.number)), "mark": .number(JSONNumber(journal.mark)),
        "bytes": .int(journal.byteCount),
      ])
    }
    objects += registers.map { ["register": .string($0.name), "value": $0.value] }
    objects += notes.map { ["note": .string($0.name), "value": $0.value] }
    var bytes: [UInt8] = []
    for object in objects {
      JSONValue.object(object).write(into: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    let end: JSONObject = [
      "lines": .int(objects.count), "crc": .int(Int(crc32c(bytes, seed: 0))),
    ]
    return bytes + JSONValue.object(end).bytes + [UInt8(ascii: "\n")]
  }

  /// - Parameter path: of the file, for errors.
  init(parsing bytes: [UInt8], path: String) throws(StorageError) {
    func corrupt(_ problem: String, offset: Int? = nil) -> StorageError {
      StorageError(.corrupt, path: path, offset: offset, problem: problem)
    }
    let body = bytes.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    guard let end = Self.object(bytes[body...]), let lines = end["lines"]?.intValue,
      end["crc"]?.intValue == Int(crc32c(Array(bytes[..<body]), seed: 0))
    else { throw corrupt("the checksum does not hold") }
    self.init(position: Manifest.empty.position)
    var offset = 0
    var count = 0
    for line in bytes[..<body].split(separator: UInt8(ascii: "\n")) {
      offset = line.startIndex
      count += 1
      guard let object = Self.object(line), read(object) else {
        throw corrupt("a line is malformed", offset: offset)
      }
    }
    guard lines == count else { throw corrupt("\(count) lines where \(lines) belong") }
  }

  private static func object(_ line: ArraySlice<UInt8>) -> JSONObject? {
    (try? JSONValue(parsing: Array(line)))?.objectValue
  }

  private mutating func read(_ object: JSONObject) -> Bool {
    if object["segment"] != nil { return readPosition(object) }
    if object["documents"] != nil { return readDocuments(object) }
    if object["journal"] != nil { return readJournal(object) }
    if let name = object["note"]?.stringValue, let value = object["value"] {
      notes.append((name, value))
      return true
    }
    guard let name = object["register"]?.stringValue, let value = object["value"] else {
      return false
    }
    registers.append((name, value))
    return true
  }

  private mutating func readPosition(_ object: JSONObject) -> Bool {
    guard let segment = object["segment"]?.intValue, segment > 0,
      let sequence = object["sequence"]?.intValue, sequence > 0,
      let chain = object["chain"]?.stringValue.flatMap(HexText.bytes),
      chain.count == LogChain.byteCount
    else { return false }
    position = WriteAheadLog.Position(
      segment: UInt64(segment), sequence: UInt64(sequence), chain: LogChain(bytes: chain))
    return true
  }

  private mutating func readJournal(_ object: JSONObject) -> Bool {
    guard let number = object["journal"]?.intValue.flatMap(UInt32.init(exactly:)), number > 0,
      let mark = object["mark"]?.numberValue.flatMap({ UInt64($0.text) }),
      let byteCount = object["bytes"]?.intValue, byteCount >= JournalFile.headByteCount
    else { return false }
    journal = JournalFile(number: number, mark: mark, byteCount: byteCount)
    return true
  }

  private mutating func readDocuments(_ object: JSONObject) -> Bool {
    guard let count = object["documents"]?.intValue, count >= 0,
      let root = object["root"]?.stringValue.flatMap(HexText.bytes),
      let checksum = object["history"]?.intValue
    else { return false }
    documents = Documents(count: count, root: root)
    historyChecksum = UInt32(truncatingIfNeeded: checksum)
    return true
  }
}
