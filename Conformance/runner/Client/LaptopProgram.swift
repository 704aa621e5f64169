import Causality
import Documents
import JSON
import Platform

/// The laptop program under test, by its driver: `driver VERB DIR [ARGUMENT…]`.
struct LaptopProgram {
  /// How a verb ended.
  struct Ending {
    let status: Int32
    let output: [UInt8]
    /// What it said on standard error.
    let errors: String
  }

  /// So long a verb may take until it counts as one that hangs, in seconds.
  private static let patienceSeconds = 300
  private static let statusOfPatience: Int32 = 124
  private static let maximumOutputByteCount = 64 << 20

  let driver: String
  let directory: String

  /// Runs a verb that may fail, but must not crash or hang.
  func attempt(_ verb: String, _ arguments: [String] = []) throws -> Ending {
    let errors = "\(directory).errors"
    // Standard error goes to a file.
    let shell = "file=$1; shift; exec timeout -k 5 \(Self.patienceSeconds) \"$@\" 2>\"$file\""
    let result = try ChildProgram.run(
      "/bin/sh", ["-c", shell, "sh", errors, driver, verb, directory] + arguments,
      maximumByteCount: Self.maximumOutputByteCount)
    let said = String(decoding: try POSIXFileSystem().readFile(errors), as: UTF8.self)
    switch result.status {
    case 3: throw Driver.Missing(verb: verb)
    case Self.statusOfPatience: throw ScenarioFailure("\(verb) does not end")
    case 126...: throw ScenarioFailure("\(verb) crashed with status \(result.status): \(said)")
    default: return Ending(status: result.status, output: result.output, errors: said)
    }
  }

  /// Runs a verb that must do what it should.
  @discardableResult
  func run(_ verb: String, _ arguments: String...) throws -> [UInt8] {
    let ending = try attempt(verb, arguments)
    guard ending.status == 0 else {
      throw ScenarioFailure("\(verb) ended with status \(ending.status): \(ending.errors)")
    }
    return ending.output
  }

  func write(_ key: DocumentKey, _ fields: [String]) throws {
    let ending = try attempt("write", [key.type, key.id.description] + fields)
    if ending.status != 0 { throw ScenarioFailure("the laptop does not write: \(ending.errors)") }
  }

  /// The documents of a type that are not deleted, with their fields.
  func documents(_ type: String) throws -> [DocumentKey: JSONObject] {
    var found: [DocumentKey: JSONObject] = [:]
    for line in try run("list", type).split(separator: UInt8(ascii: "\n")) {
      guard let object = try JSONValue(parsing: line).objectValue, let id = object.id("id") else {
        throw ScenarioFailure("list printed \(String(decoding: line, as: UTF8.self))")
      }
      found[DocumentKey(type: type, id: id)] = object
    }
    return found
  }

  /// How many transactions the server has not acknowledged.
  func unsentCount() throws -> Int {
    let text = String(decoding: try run("unsent"), as: UTF8.self).prefix { $0 != "\n" }
    guard let count = Int(text) else { throw ScenarioFailure("unsent printed \(text)") }
    return count
  }
}
