/// What is wrong with one field.
package struct FieldProblem: Sendable, Equatable {
  package let field: String
  package let problem: String

  package init(_ field: String, _ problem: String) {
    self.field = field
    self.problem = problem
  }
}

/// Why a document was refused: every problem, not only the first. Nothing was written; the caller
/// corrects the fields and tries again.
package struct ValidationFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// There is no such document type; the only problem is of the field `type`.
    case unknownType
    case invalidFields
  }

  package let kind: Kind
  package let problems: [FieldProblem]

  package init(_ problems: [FieldProblem]) {
    kind = .invalidFields
    self.problems = problems
  }

  package init(unknownType name: String, known: [String]) {
    kind = .unknownType
    let shown = String(
      name.unicodeScalars.prefix(40).filter { $0.value >= 0x20 }.map(Character.init))
    problems = [
      FieldProblem(
        "type",
        "\"\(shown)\" is not a type of document; there are \(known.joined(separator: ", "))")
    ]
  }

  /// One line: `first_name: is required; email: longer than 255 characters`.
  package var description: String {
    problems.map { "\($0.field): \($0.problem)" }.joined(separator: "; ")
  }
}
