package import JSON

/// One field of a document type. An object, because it is handed on for every value that is checked.
package final class FieldDefinition: Sendable {
  package enum Use: Sendable {
    /// Kept in the document; people edit it.
    case stored
    /// Kept in the document; only the program writes it.
    case readOnly
    /// Says how to carry out a request; checked, then dropped.
    case request
    /// Worked out for answers; ignored on input.
    case computed
    /// Never in a document; refused on input.
    case serverOnly
  }

  package let name: String
  package let kind: FieldKind
  package let use: Use
  package let isRequired: Bool
  /// Set on creation if the field is absent.
  package let defaultValue: JSONValue?
  /// Other names on input.
  package let aliases: [String]
  /// Of a reference: whether it shows that a deleted document is still needed.
  package let proof: Proof?

  package init(
    _ name: String, _ kind: FieldKind, _ use: Use = .stored, required isRequired: Bool = false,
    default defaultValue: JSONValue? = nil, aliases: [String] = [], proof: Proof? = nil
  ) {
    self.name = name
    self.kind = kind
    self.use = use
    self.isRequired = isRequired
    self.defaultValue = defaultValue
    self.aliases = aliases
    self.proof = proof
  }

  package var isServerOnly: Bool { use == .serverOnly }
  package var isComputed: Bool { use == .computed }
  package var isReadOnly: Bool { use == .readOnly }
  /// Whether documents hold the field.
  package var isStored: Bool { use == .stored || use == .readOnly }
}

/// A reference shows that the document that it names is real: a delete that had not seen it does not
/// count (MERGE, rules P10, I11 and P21).
package struct Proof: Sendable {
  /// In MERGE.md.
  package let rule: String
  /// A field of the referring document and the value that it must have; nil for always.
  package let condition: (field: String, value: String)?

  package init(rule: String, when condition: (field: String, value: String)? = nil) {
    self.rule = rule
    self.condition = condition
  }
}
