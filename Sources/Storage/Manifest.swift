import Causality
import Documents
import JSON
import Platform

/// What a checkpoint leaves besides the documents' files: one JSON value a line, the last of which
/// names the number of lines before it and their CRC-32C.
///
///     {"format":1,"segment":N,"sequence":N,"chain":"…"}   the log goes on with this segment and frame
///     {"register":NAME,"value":…}               any number
///     {"replica":…,"first":1,"transactions":…}  any number
///     {"type":T,"id":ID,"arrival":N,"crc":N}    each document, in the order of arrival
///     {"position":N,"mark":"…"}                 each valid place of the feed, oldest first
///     {"lines":N,"crc":N}
struct Manifest {
  struct FileEntry {
    let key: DocumentKey
    let arrival: UInt64
    let checksum: UInt32
  }

  /// Where the log goes on that the checkpoint does not cover.
  var position: WriteAheadLog.Position
  var registers: [(name: String, value: JSONValue)] = []
  var runs: [TransactionRun] = []
  var files: [FileEntry] = []
  var marks: [FeedMark] = []

  static let empty = Manifest(
    position: WriteAheadLog.Position(segment: 1, sequence: 1, chain: .start))

  init(position: WriteAheadLog.Position) { self.position = position }
}

extension Manifest {
  var bytes: [UInt8] {
    var objects: [JSONObject] = [
      [
        "format": .int(StoreIdentity.currentFormat),
        "segment": .number(JSONNumber(position.segment)),
        "sequence": .number(JSONNumber(position.sequence)),
        "chain": .string(HexText.text(position.chain.bytes)),
      ]
    ]
    objects += registers.map { ["register": .string($0.name), "value": $0.value] }
    objects += runs.map(RunCodec.encode)
    objects += files.map { file in
      [
        "type": .string(file.key.type), "id": .string(file.key.id.description),
        "arrival": .number(JSONNumber(file.arrival)), "crc": .int(Int(file.checksum)),
      ]
    }
    objects += marks.map { mark in
      [
        "position": .number(JSONNumber(mark.position)), "mark": .string(HexText.text(mark.mark)),
      ]
    }
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
    self = .empty
    var offset = 0
    for line in bytes[..<body].split(separator: UInt8(ascii: "\n")) {
      offset = line.startIndex
      guard let object = Self.object(line), read(object) else {
        throw corrupt("a line is malformed", offset: offset)
      }
    }
    let count = 1 + registers.count + runs.count + files.count + marks.count
    guard lines == count else { throw corrupt("\(count) lines where \(lines) belong") }
  }

  private static func object(_ line: ArraySlice<UInt8>) -> JSONObject? {
    (try? JSONValue(parsing: Array(line)))?.objectValue
  }

  private mutating func read(_ object: JSONObject) -> Bool {
    if let segment = object["segment"]?.intValue, let sequence = object["sequence"]?.intValue {
      guard segment > 0, sequence > 0, let chain = object["chain"]?.stringValue,
        let bytes = HexText.bytes(chain), bytes.count == LogChain.byteCount
      else { return false }
      position = WriteAheadLog.Position(
        segment: UInt64(segment), sequence: UInt64(sequence), chain: LogChain(bytes: bytes))
    } else if let name = object["register"]?.stringValue, let value = object["value"] {
      registers.append((name, value))
    } else if object["transactions"] != nil {
      guard let run = try? RunCodec.decode(object) else { return false }
      runs.append(run)
    } else if let mark = object["mark"]?.stringValue.flatMap(HexText.number),
      let position = object["position"]?.intValue
    {
      guard position >= 0 else { return false }
      marks.append(FeedMark(position: UInt64(position), mark: mark))
    } else {
      guard let file = Self.file(object) else { return false }
      files.append(file)
    }
    return true
  }

  private static func file(_ object: JSONObject) -> FileEntry? {
    guard let type = object["type"]?.stringValue,
      let id = object["id"]?.stringValue.flatMap({ UniqueID($0) }),
      let arrival = object["arrival"]?.intValue, arrival >= 0,
      let checksum = object["crc"]?.intValue
    else { return nil }
    return FileEntry(
      key: DocumentKey(type: type, id: id), arrival: UInt64(arrival),
      checksum: UInt32(truncatingIfNeeded: checksum))
  }
}
