package import JSON

/// What a document may be at most, so that every replica can keep it and send it on.
package enum DocumentLimits {
  /// Arrays and objects inside one another in the value of a field. A record or a message adds some.
  package static let maximumDepth = 48
  /// The JSON of the fields that somebody writes, in bytes: several such versions beside each other
  /// still fit into a record.
  package static let maximumWrittenByteCount = 4 << 20
  /// A document in a message, in bytes.
  package static let maximumLineByteCount = 16 << 20
  /// Values in a line of a message: so many, or as many as so many bytes each allow. In memory each takes far
  /// more than its bytes.
  package static func maximumValueCount(ofLine byteCount: Int) -> Int {
    max(100_000, byteCount / 16)
  }
  /// Values in a field that somebody writes.
  package static let maximumWrittenValueCount = 10_000

  /// What is wrong with a field that somebody writes; nil if nothing.
  package static func problem(of value: JSONValue) -> String? {
    if !value.isNestedAtMost(maximumDepth) {
      return "is nested deeper than \(maximumDepth) levels"
    }
    if value.approximateByteCount > maximumWrittenByteCount {
      return "is longer than \(maximumWrittenByteCount >> 20) MiB"
    }
    if value.valueCount > maximumWrittenValueCount {
      return "holds more than \(maximumWrittenValueCount) values"
    }
    return nil
  }

  /// Whether the values of a document that came can be kept.
  package static func allow(_ document: Document) -> Bool {
    document.units.allSatisfy { unit in
      unit.versions.allSatisfy { version in
        [version.value, version.details?.replaced].allSatisfy { fields in
          fields?.members.allSatisfy { $0.value.isNestedAtMost(maximumDepth) } ?? true
        }
      }
    }
  }
}

extension JSONValue {
  fileprivate func isNestedAtMost(_ depth: Int) -> Bool {
    switch self {
    case .array(let array):
      depth > 0 && array.allSatisfy { $0.isNestedAtMost(depth - 1) }
    case .object(let object):
      depth > 0 && object.members.allSatisfy { $0.value.isNestedAtMost(depth - 1) }
    default: true
    }
  }

  /// Itself and all in it.
  fileprivate var valueCount: Int {
    switch self {
    case .array(let array): array.reduce(1) { $0 + $1.valueCount }
    case .object(let object): object.members.reduce(1) { $0 + $1.value.valueCount }
    default: 1
    }
  }

  /// About as many bytes as its JSON has.
  package var approximateByteCount: Int {
    switch self {
    case .null, .bool: 5
    case .number(let number): number.text.utf8.count
    case .string(let string): string.utf8.count + 2
    case .array(let array): array.reduce(2) { $0 + $1.approximateByteCount + 1 }
    case .object(let object):
      object.members.reduce(2) { $0 + $1.key.utf8.count + 4 + $1.value.approximateByteCount }
    }
  }
}
