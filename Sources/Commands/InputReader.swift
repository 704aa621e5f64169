import CommandLineTool
import JSON

/// What commands read from a file or from standard input.
enum InputReader {
  /// The input if it is one JSON object, on however many lines; nil if it has one a line.
  static func onlyObject(_ input: [UInt8]?) throws -> JSONObject? {
    let bytes = try required(input)
    do throws(JSONError) {
      if let object = try JSONValue(parsing: bytes).objectValue { return object }
    } catch {
      guard beginsWithWholeLine(bytes) else { throw InputError("the input is no JSON: \(error)") }
    }
    return nil
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

  /// The object of a line.
  static func object(_ line: NumberedLine) throws(InputError) -> JSONObject {
    do throws(JSONError) {
      if let object = try JSONValue(parsing: line.bytes).objectValue { return object }
    } catch {
      throw InputError("line \(line.number), column \(error.column): \(error.problem)")
    }
    throw InputError("line \(line.number) is no JSON object")
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

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }
}

/// A line of a text, without its end; lines count from 1.
struct NumberedLine {
  let number: Int
  let bytes: ArraySlice<UInt8>
}

/// The lines of a text that say anything.
struct NumberedLines {
  private let bytes: [UInt8]
  private var position = 0
  private var number = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// At most so many of the next lines; none at the end.
  mutating func next(_ limit: Int) -> [NumberedLine] {
    var lines: [NumberedLine] = []
    while lines.count < limit, position < bytes.count {
      let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let line = bytes[position..<end]
      position = end + 1
      number += 1
      if !line.allSatisfy(InputReader.isSpace) {
        lines.append(NumberedLine(number: number, bytes: line))
      }
    }
    return lines
  }
}

/// What a command read cannot be used.
struct InputError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
