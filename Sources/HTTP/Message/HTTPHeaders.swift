/// The header fields of a message, in order. Names are compared without regard to case.
package struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
  /// Every field, in order; a name may stand several times.
  package private(set) var fields: [(name: String, value: String)]

  package init() { fields = [] }

  /// Keeps the order and the duplicates of the literal.
  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { (name: $0.0, value: $0.1) }
  }

  /// The first value of that name.
  /// - Complexity: O(n) in the number of fields, as all members are.
  package subscript(name: String) -> String? {
    fields.first { ASCII.isEqualIgnoringCase($0.name, name) }?.value
  }

  /// All values of that name, in order.
  package func all(_ name: String) -> [String] {
    fields.filter { ASCII.isEqualIgnoringCase($0.name, name) }.map(\.value)
  }

  /// Adds a field after all others.
  package mutating func append(_ name: String, _ value: String) {
    fields.append((name: name, value: value))
  }

  /// Replaces every field of that name by one, at the end.
  package mutating func set(_ name: String, _ value: String) {
    remove(name)
    append(name, value)
  }

  /// Removes every field of that name.
  package mutating func remove(_ name: String) {
    fields.removeAll { ASCII.isEqualIgnoringCase($0.name, name) }
  }

  /// Whether a field of that name, taken as a comma-separated list, holds `token` in any case.
  func lists(_ token: String, in name: String) -> Bool {
    all(name).contains { value in
      value.utf8.split(separator: UInt8(ascii: ",")).contains { part in
        ASCII.isEqualIgnoringCase(String(Substring(part)).trimmingBlanks(), token)
      }
    }
  }
}

extension String {
  /// Without the spaces and tabs at both ends.
  fileprivate func trimmingBlanks() -> String {
    let bytes = ASCII.trimmingBlanks(Array(utf8)[...])
    return String(decoding: bytes, as: UTF8.self)
  }
}
