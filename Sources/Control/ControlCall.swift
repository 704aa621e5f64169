import CommandLineTool
import JSON

/// A command that goes to the process which owns a store, and what comes back. As bytes: a line of
/// JSON, then the command's input or output as it is.
package struct ControlCall: Sendable {
  package static let path = "/control/v1/command"
  package var arguments: [String]
  /// What the command would read from a file or from standard input; nil if nothing.
  package var input: [UInt8]?

  package init(arguments: [String], input: [UInt8]?) {
    self.arguments = arguments
    self.input = input
  }

  package var bytes: [UInt8] {
    let head: JSONValue = [
      "arguments": .array(arguments.map(JSONValue.string)), "has_input": .bool(input != nil),
    ]
    return head.bytes + [UInt8(ascii: "\n")] + (input ?? [])
  }

  package init?(_ bytes: [UInt8]) {
    guard let (head, rest) = splitHead(bytes), let hasInput = head["has_input"]?.boolValue,
      let arguments = head["arguments"]?.arrayValue?.map(\.stringValue),
      !arguments.contains(where: { $0 == nil })
    else { return nil }
    self.init(arguments: arguments.compactMap(\.self), input: hasInput ? rest : nil)
  }
}

/// The form in which an outcome comes back.
enum ControlAnswer {
  static func bytes(_ outcome: CommandOutcome) -> [UInt8] {
    let head: JSONValue = [
      "status": .int(Int(outcome.status)),
      "errors": .array(outcome.errors.map(JSONValue.string)),
    ]
    return head.bytes + [UInt8(ascii: "\n")] + outcome.output
  }

  static func outcome(_ bytes: [UInt8]) -> CommandOutcome? {
    guard let (head, rest) = splitHead(bytes), let status = head["status"]?.intValue,
      let errors = head["errors"]?.arrayValue
    else { return nil }
    return CommandOutcome(
      status: Int32(clamping: status), output: rest, errors: errors.compactMap(\.stringValue))
  }
}

private func splitHead(_ bytes: [UInt8]) -> (head: JSONObject, rest: [UInt8])? {
  guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
    let head = (try? JSONValue(parsing: bytes[..<end]))?.objectValue
  else { return nil }
  return (head, Array(bytes[(end + 1)...]))
}
