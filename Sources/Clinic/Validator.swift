package import JSON

/// Checks what people and programs write, and gives it the form in which it is kept.
package struct Validator: Sendable {
  package enum Mode: Sendable {
    /// Absent fields get their defaults.
    case create
    /// The input is a merge patch (RFC 7396) of a document's fields. Only what it names is checked:
    /// what is wrong elsewhere in the document does not stand in its way.
    case update(existing: JSONObject)
  }

  let catalogue: Catalogue
  let functions: ClinicFunctions
  /// Milliseconds since 1970 UTC.
  package let now: UInt64
  let allowsReadOnlyFields: Bool

  /// - Parameters:
  ///   - now: milliseconds since 1970 UTC.
  ///   - allowsReadOnlyFields: whether the write comes from the program (a merge of patients, an
  ///     acceptance), not from a person.
  package init(
    catalogue: Catalogue = .standard, functions: ClinicFunctions, now: UInt64,
    allowsReadOnlyFields: Bool = false
  ) {
    self.catalogue = catalogue
    self.functions = functions
    self.now = now
    self.allowsReadOnlyFields = allowsReadOnlyFields
  }

  /// All fields of the document after a write: known ones in schema order, then the others as they
  /// came.
  ///
  /// Aliases are resolved, null means absent, computed fields and those that only direct a request
  /// are dropped.
  /// - Parameters:
  ///   - input: may hold the engine's own values (`id`, `created_at`, …) if they are those of
  ///     `envelope`.
  ///   - envelope: the engine's values as far as they are known. For an appointment to be created, its
  ///     `id`: the confirmation code is made of it.
  /// - Throws: all problems of the input, or that there is no such type. Nothing was changed.
  package func normalise(
    _ input: JSONObject, type: String, mode: Mode, envelope: JSONObject = JSONObject()
  ) throws(ValidationFailure) -> JSONObject {
    let type = try catalogue.requireType(named: type)
    var draft =
      switch mode {
      case .create: Draft(type: type, purpose: .create, existing: JSONObject(), validator: self)
      case .update(let existing):
        Draft(type: type, purpose: .update, existing: existing, validator: self)
      }
    draft.envelope = envelope
    draft.take(input)
    if case .create = mode { draft.setDefaults() }
    draft.runChecks()
    let problems = draft.missing() + draft.problems
    guard problems.isEmpty else { throw ValidationFailure(problems) }
    return draft.orderedFields
  }

  /// What is wrong with a document as it stands, such as one that came from another laptop. Empty for
  /// a type that is not known here.
  /// - Parameter fields: without the engine's values.
  package func problems(of fields: JSONObject, type: String) -> [FieldProblem] {
    guard let type = catalogue.type(named: type) else { return [] }
    var draft = Draft(type: type, purpose: .review, existing: JSONObject(), validator: self)
    draft.take(fields)
    draft.runChecks()
    return draft.missing() + draft.problems
  }
}
