package import Documents
package import JSON

/// One document type: its fields, merge units and rules. An object, because it is handed on for every
/// document that is checked.
package final class TypeDefinition: Sendable {
  /// In the singular: `patient`.
  package let name: String
  /// The name of its folder and of its path in the API: `patients`.
  package let plural: String
  /// In schema order.
  package let fields: [FieldDefinition]
  /// Every stored field is in exactly one; in the schema order of their first fields.
  package let units: [UnitRule]
  /// Those of the schema, and one of each reference that none of them leads to alone.
  package let indexes: [IndexDefinition]
  /// Fields that keep their first value.
  package let writeOnceFields: [String]
  /// Whether documents are written once and never edited by people.
  package let isAppendOnly: Bool
  /// Whether only the server writes documents of this type, so that laptops can only read them.
  package let isServerAuthoritative: Bool
  package let checks: [DocumentCheck]

  private let names: NameTable
  /// Of each name in `names`, the place of its field; after the names of the fields come aliases.
  private let numbers: [Int]

  /// - Parameter units: those of more than one field or with a rule of their own; each other stored
  ///   field becomes a unit: sets and objects by element and key, all else as a whole.
  package init(
    _ name: String, plural: String, fields: [FieldDefinition], units: [UnitRule] = [],
    indexes: [IndexDefinition] = [], writeOnce: [String] = [], isAppendOnly: Bool = false,
    isServerAuthoritative: Bool = false, checks: [DocumentCheck] = []
  ) {
    self.name = name
    self.plural = plural
    self.fields = fields
    self.units = Self.completed(units, fields: fields)
    self.indexes = Self.completed(indexes, fields: fields)
    writeOnceFields = writeOnce
    self.isAppendOnly = isAppendOnly
    self.isServerAuthoritative = isServerAuthoritative
    self.checks = checks
    let aliases = fields.enumerated().flatMap { number, field in field.aliases.map { ($0, number) }
    }
    names = NameTable(fields.map(\.name) + aliases.map(\.0))
    numbers = Array(fields.indices) + aliases.map(\.1)
  }

  /// The field of a name or of an alias of it.
  package func field(named name: String) -> FieldDefinition? {
    number(named: name).map { fields[$0] }
  }

  /// Whether a field that must be there is worked out from others if it is not given.
  package func isFilledIn(_ name: String) -> Bool {
    checks.contains { $0.filledIn.contains(name) }
  }

  /// The place in `fields` of the field of a name or of an alias of it.
  func number(named name: String) -> Int? { names[name].map { numbers[$0] } }

  /// The place in `fields` of the field of exactly this name.
  func number(ofField name: String) -> Int? {
    guard let place = names[name], place < fields.count else { return nil }
    return place
  }

  /// Names in the order in which documents are shown; unknown fields come after them.
  package var visibleFieldOrder: [String] {
    Envelope.leadingNames
      + fields.filter { $0.isStored || $0.isComputed }.map(\.name) + Envelope.trailingNames
  }

  package var rules: TypeRules {
    TypeRules(type: name, units: units, fieldOrder: fields.filter(\.isStored).map(\.name))
  }

  private static func completed(_ units: [UnitRule], fields: [FieldDefinition]) -> [UnitRule] {
    var completed: [UnitRule] = []
    for field in fields where field.isStored {
      if let unit = units.first(where: { $0.fields.contains(field.name) }) {
        if !completed.contains(where: { $0.name == unit.name }) { completed.append(unit) }
      } else {
        completed.append(unit(holdingOnly: field))
      }
    }
    return completed
  }

  private static func completed(
    _ indexes: [IndexDefinition], fields: [FieldDefinition]
  ) -> [IndexDefinition] {
    let references = fields.filter { field in
      guard field.isStored, case .reference = field.kind else { return false }
      return !indexes.contains { $0.fields == [field.name] }
    }
    return indexes + references.map { IndexDefinition($0.name) }
  }

  private static func unit(holdingOnly field: FieldDefinition) -> UnitRule {
    switch field.kind {
    case .stringSet: UnitRule(field.name, fields: [field.name], shape: .set, outcome: .auto)
    case .object: UnitRule(field.name, fields: [field.name], shape: .map)
    default: UnitRule(field.name, fields: [field.name])
    }
  }
}

/// Fields by which documents are found, within one account.
package struct IndexDefinition: Sendable, Equatable {
  private static let separator = "\u{1F}"

  package var fields: [String]

  package var name: String { fields.joined(separator: ",") }

  /// The key of a document by the values of the fields; nil if one is missing or empty.
  package static func key(_ values: [JSONValue?]) -> String? {
    var key: String?
    for value in values {
      guard let text = value.map(plainText), !text.isEmpty else { return nil }
      key = key.map { $0 + separator + text } ?? text
    }
    return key
  }

  /// The key of these values, none of which is empty.
  package static func key(_ values: [String]) -> String {
    values.joined(separator: separator)
  }
  /// Whether two documents with the same values are refused on one replica, and flagged if they met
  /// only at a sync.
  package var isUnique: Bool

  package init(_ fields: String..., unique isUnique: Bool = false) {
    self.fields = fields
    self.isUnique = isUnique
  }
}
