import CommandLineTool
import JSON

/// What commands read from a file or from standard input.
enum InputReader {
  /// One JSON object, or one a line. Throws with the line.
  static func objects(_ input: [UInt8]?) throws -> [(line: Int, object: JSONObject)] {
    let bytes = try required(input)
    do throws(JSONError) {
      if let object = try JSONValue(parsing: bytes).objectValue { return [(1, object)] }
    } catch {
      guard beginsWithWholeLine(bytes) else {
        throw InputError("the input is no JSON: \(error)")
      }
    }
    var objects: [(line: Int, object: JSONObject)] = []
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.allSatisfy(isSpace) {
      objects.append((index + 1, try object(line, lineNumber: index + 1)))
    }
    guard !objects.isEmpty else { throw InputError("the input holds no JSON object") }
    return objects
  }

  /// One JSON object.
  static func object(_ input: [UInt8]?) throws -> JSONObject {
    let bytes = try required(input)
    do {
      guard let object = try JSONValue(parsing: bytes).objectValue else {
        throw InputError("the input is no JSON object")
      }
      return object
    } catch let error as JSONError {
      throw InputError("the input is no JSON: \(error)")
    }
  }

  private static func object(
    _ line: ArraySlice<UInt8>, lineNumber: Int
  ) throws -> JSONObject {
    do {
      guard let object = try JSONValue(parsing: line).objectValue else {
        throw InputError("line \(lineNumber) is no JSON object")
      }
      return object
    } catch let error as JSONError {
      throw InputError(
        "line \(lineNumber), column \(error.column): \(error.problem)")
    }
  }

  private static func required(_ input: [UInt8]?) throws -> [UInt8] {
    guard let input else { throw UsageError("a FILE or - is missing") }
    return input
  }

  /// Whether the first line that says anything is JSON by itself: then each line is.
  private static func beginsWithWholeLine(_ bytes: [UInt8]) -> Bool {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    guard let first = lines.first(where: { !$0.allSatisfy(isSpace) }) else { return true }
    return (try? JSONValue(parsing: first)) != nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }
}

/// What a command read cannot be used.
struct InputError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
