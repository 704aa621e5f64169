package import Documents

/// All document types. What it does not know is stored, merged and forwarded as it is.
package struct Catalogue: Sendable {
  package let types: [TypeDefinition]
  /// The merge rules of all types.
  package let rules: MergeRules
  private let typeByName: [String: Int]
  private let references: [String: [Reference]]

  /// A field that names documents of a type.
  package struct Reference: Sendable {
    package let type: TypeDefinition
    package let field: FieldDefinition
    package let onDelete: ReferenceAction
  }

  package init(_ types: [TypeDefinition]) {
    self.types = types
    rules = MergeRules(types.map(\.rules))
    var references: [String: [Reference]] = [:]
    for type in types {
      for field in type.fields where field.isStored {
        guard case .reference(let target, let action) = field.kind else { continue }
        references[target, default: []].append(
          Reference(type: type, field: field, onDelete: action))
      }
    }
    self.references = references
    typeByName = Dictionary(
      types.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The type of a name in the singular.
  package func type(named name: String) -> TypeDefinition? { typeByName[name].map { types[$0] } }

  /// The fields of all types that name documents of a type: the reference graph.
  package func references(to type: String) -> [Reference] { references[type] ?? [] }

  /// The type of a name in the singular.
  /// - Throws: a failure of the kind `unknownType`, which lists the known ones.
  package func requireType(named name: String) throws(ValidationFailure) -> TypeDefinition {
    guard let type = type(named: name) else {
      throw ValidationFailure(unknownType: name, known: types.map(\.name))
    }
    return type
  }
}

extension Catalogue {
  /// Raised when a type gets a field, a unit or a rule: review items depend on it.
  package static let version = 4

  package static let standard = Catalogue([
    .patient, .invite, .appointment, .cancellation, .clinic, .doctor, .user, .account,
    .accountSettings, .intakeForm, .intakeSummary, .availability, .availabilityOverride,
    .chatSession, .chatQuestion, .chatAnswer, .eligibilityResult, .labOrder, .labResult,
    .reviewDecision, .erasureRequest, .refusedChange,
  ])

  /// Bytes of a text that people type, such as a note.
  static let maximumTextByteCount = 64 << 10
  /// Of a list or set in a document.
  package static let maximumElementCount = 1000
}
