package import Documents

/// All document types. What it does not know is stored, merged and forwarded as it is.
package struct Catalogue: Sendable {
  package let types: [TypeDefinition]
  private let typeByName: [String: Int]

  package init(_ types: [TypeDefinition]) {
    self.types = types
    typeByName = Dictionary(
      types.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The type of a name in the singular.
  package func type(named name: String) -> TypeDefinition? { typeByName[name].map { types[$0] } }

  /// The merge rules of all types.
  package var rules: MergeRules { MergeRules(types.map(\.rules)) }

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
  package static let version = 1

  package static let standard = Catalogue([
    .patient, .invite, .appointment, .cancellation, .clinic, .doctor, .user, .account,
    .accountSettings, .reviewDecision, .erasureRequest,
  ])

  /// Bytes of a text that people type, such as a note.
  static let maximumTextByteCount = 64 << 10
}
