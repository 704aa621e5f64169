/// One header field line, `Name: value`.
enum FieldLine {
  /// Splits a line without its end. Blanks around the value are no part of it.
  static func parse(_ line: [UInt8]) throws(HTTPRefusal) -> (name: String, value: String) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
      throw .malformed("A header field has no colon.")
    }
    let name = line[..<colon]
    guard !name.isEmpty, name.allSatisfy(ASCII.isToken) else {
      throw .malformed("A header field's name is malformed.")
    }
    let bytes = ASCII.trimmingBlanks(line[(colon + 1)...])
    guard let value = String(validating: bytes, as: UTF8.self) else {
      throw .malformed("A header field's value is not UTF-8.")
    }
    return (String(decoding: name, as: UTF8.self), value)
  }

  /// Whether a field may be sent: a token for a name, and no control byte but the tab in the value.
  static func isSendable(name: String, value: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy(ASCII.isToken)
      && value.utf8.allSatisfy { !ASCII.isControl($0) || $0 == ASCII.horizontalTab }
  }
}
