import Causality
import CommandLineTool
import Documents
import JSON
import Platform
import Replica
import Storage

/// What opening a store costs in a process that does nothing else.
struct OpenProbe {
  /// The word that makes this program open a store and end.
  static let verb = "open-store"

  /// From the call that opens the store until a document has been read.
  let milliseconds: Double
  /// What the process then had in memory that no file backs.
  let anonymousByteCount: Int

  /// Opens a store in a child process.
  static func run(_ path: String, first key: DocumentKey) throws -> OpenProbe {
    let result = try ChildProgram.run(
      ChildProgram.ownPath, [verb, path, key.type, key.id.description])
    guard result.status == 0, let value = (try? JSONValue(parsing: result.output))?.objectValue,
      let milliseconds = value["milliseconds"]?.numberValue?.double,
      let byteCount = value["anonymous_bytes"]?.intValue
    else { throw BenchmarkError("\(path) cannot be opened (exit status \(result.status))") }
    return OpenProbe(milliseconds: milliseconds, anonymousByteCount: byteCount)
  }

  /// Does in the child process what the parent asked for.
  static func answer(_ operands: [String]) -> CommandOutcome {
    guard operands.count == 3, let id = UniqueID(operands[2]) else {
      return .failure("\(verb) DIR TYPE ID", status: 2)
    }
    do {
      return try open(operands[0], first: DocumentKey(type: operands[1], id: id))
    } catch {
      return .failure("\(error)")
    }
  }

  private static func open(_ path: String, first key: DocumentKey) throws -> CommandOutcome {
    let setup = try ReplicaSetup.system()
    let watch = Stopwatch()
    let replica = try setup.open(path, role: .laptop)
    defer { replica.store.close() }
    guard try replica.sample(key) else { throw BenchmarkError("there is no \(key)") }
    let milliseconds = watch.milliseconds
    let object: JSONObject = [
      "milliseconds": JSONNumber(text: milliseconds.description).map(JSONValue.number) ?? .null,
      "anonymous_bytes": .int(try anonymousByteCount()),
    ]
    return CommandOutcome(output: JSONValue.object(object).bytes)
  }

  private static func anonymousByteCount() throws -> Int {
    let path = "/proc/self/status"
    let file = try POSIXFileSystem().open(path, .read)
    defer { file.close() }
    let text = String(decoding: try file.read(at: 0, count: 1 << 16), as: UTF8.self)
    guard let byteCount = ProcessStatus.byteCount("RssAnon", in: text) else {
      throw BenchmarkError("\(path) does not say RssAnon")
    }
    return byteCount
  }
}

/// What the system tells of a process: a line for each value, as in `RssAnon:     1234 kB`.
enum ProcessStatus {
  static func byteCount(_ name: String, in text: String) -> Int? {
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    let words = line?.split { $0 == " " || $0 == "\t" }
    guard let words, words.count == 3, words[2] == "kB", let count = Int(words[1]) else {
      return nil
    }
    return count * 1024
  }
}
