extension JSONValue {
  /// The value without white space. Numbers keep their spelling and keys their order; control
  /// characters, `"` and `\` are escaped, everything else is UTF-8.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    write(into: &bytes)
    return bytes
  }

  /// Appends what `bytes` holds.
  package func write(into bytes: inout [UInt8]) {
    switch self {
    case .null: JSONWriter.write("null", into: &bytes)
    case .bool(let value): JSONWriter.write(value ? "true" : "false", into: &bytes)
    case .number(let number): JSONWriter.write(number.text, into: &bytes)
    case .string(let text): JSONWriter.writeString(text, into: &bytes)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        element.write(into: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object): object.write(into: &bytes)
    }
  }

  /// The value on several lines, two spaces a level, without a newline at the end.
  package func prettyBytes() -> [UInt8] {
    var bytes: [UInt8] = []
    writePretty(into: &bytes, indentation: 0)
    return bytes
  }

  private func writePretty(into bytes: inout [UInt8], indentation: Int) {
    let inner = indentation + 2
    switch self {
    case .array(let elements) where !elements.isEmpty:
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        JSONWriter.startLine(isFirst: index == 0, indentation: inner, into: &bytes)
        element.writePretty(into: &bytes, indentation: inner)
      }
      JSONWriter.startLine(isFirst: true, indentation: indentation, into: &bytes)
      bytes.append(UInt8(ascii: "]"))
    case .object(let object) where !object.isEmpty:
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in object.members.enumerated() {
        JSONWriter.startLine(isFirst: index == 0, indentation: inner, into: &bytes)
        JSONWriter.writeString(member.key, into: &bytes)
        JSONWriter.write(": ", into: &bytes)
        member.value.writePretty(into: &bytes, indentation: inner)
      }
      JSONWriter.startLine(isFirst: true, indentation: indentation, into: &bytes)
      bytes.append(UInt8(ascii: "}"))
    default: write(into: &bytes)
    }
  }
}

extension JSONObject {
  /// Appends the object as `JSONValue.bytes` writes it.
  package func write(into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    for index in members.indices {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONWriter.writeString(members[index].key, into: &bytes)
      bytes.append(UInt8(ascii: ":"))
      members[index].value.write(into: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }
}

enum JSONWriter {
  static func write(_ text: String, into bytes: inout [UInt8]) {
    withUTF8(of: text) { bytes.append(contentsOf: $0) }
  }

  /// A string with its quotation marks: clean runs are copied whole.
  static func writeString(_ text: String, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    withUTF8(of: text) { utf8 in
      var position = 0
      while true {
        let end = StringScanner.endOfCleanRun(in: utf8, from: position)
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[position..<end]))
        guard end < utf8.count else { return }
        writeEscape(of: utf8[end], into: &bytes)
        position = end + 1
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  static func startLine(isFirst: Bool, indentation: Int, into bytes: inout [UInt8]) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation))
  }

  private static func writeEscape(of byte: UInt8, into bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): write("\\\"", into: &bytes)
    case UInt8(ascii: "\\"): write("\\\\", into: &bytes)
    case 0x08: write("\\b", into: &bytes)
    case 0x09: write("\\t", into: &bytes)
    case 0x0a: write("\\n", into: &bytes)
    case 0x0c: write("\\f", into: &bytes)
    case 0x0d: write("\\r", into: &bytes)
    default:
      let digits = String(byte, radix: 16)
      write(byte < 0x10 ? "\\u000\(digits)" : "\\u00\(digits)", into: &bytes)
    }
  }
}
