package import JSON

/// What is wrong with one line of an imported file.
package struct ImportProblem: Sendable, Equatable {
  /// Counted from 1, as a text editor shows it.
  package let line: Int
  /// The field or column; nil if the line as a whole is concerned.
  package let field: String?
  package let problem: String

  package init(line: Int, field: String?, problem: String) {
    self.line = line
    self.field = field
    self.problem = problem
  }

  package var value: JSONObject {
    [
      "line": .int(line), "field": field.map { .string($0) } ?? .null,
      "problem": .string(problem),
    ]
  }
}

/// What became of one line.
package enum ImportOutcome: Sendable {
  case created, updated, unchanged
  /// The line's document was deleted; the line was skipped.
  case deleted
}

/// What an import did. Lines with problems were left out; all others are in the store.
package struct ImportReport: Sendable, Equatable {
  package private(set) var created = 0
  package private(set) var updated = 0
  package private(set) var unchanged = 0
  /// The lines that were skipped because what they describe was deleted.
  package private(set) var deletedLines: [Int] = []
  /// In the order of the lines.
  package private(set) var errors: [ImportProblem] = []

  package init() {}

  package var deleted: Int { deletedLines.count }

  package mutating func add(_ outcome: ImportOutcome, line: Int) {
    switch outcome {
    case .created: created += 1
    case .updated: updated += 1
    case .unchanged: unchanged += 1
    case .deleted: deletedLines.append(line)
    }
  }

  package mutating func add(_ problem: ImportProblem) { errors.append(problem) }

  /// Brings what was not imported line by line into the order of the lines.
  package mutating func sort() {
    deletedLines.sort()
    let inOrder = errors.enumerated().sorted { a, b in
      (a.element.line, a.offset) < (b.element.line, b.offset)
    }
    errors = inOrder.map(\.element)
  }

  /// The answer of `import-csv`.
  package var value: JSONObject {
    [
      "created": .int(created), "updated": .int(updated), "unchanged": .int(unchanged),
      "deleted": .int(deleted), "deleted_lines": .array(deletedLines.map { .int($0) }),
      "errors": .array(errors.map { .object($0.value) }),
    ]
  }
}
