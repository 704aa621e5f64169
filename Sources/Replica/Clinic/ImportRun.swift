import Clinic
import Documents
import JSON

extension Replica {
  /// Lines that become durable together, each a transaction of its own: what a server refuses of a file is
  /// one line.
  static let maximumLinesPerCommit = 1000

  /// Goes through the lines of a file, each of which is imported or reported by itself.
  ///
  /// - Parameter importLine: writes one line into a transaction; if it throws, it has written
  ///   nothing.
  /// - Throws: `storage`. What was imported before is durable; importing the file again goes on.
  func importLines(
    of table: CSVTable, isDryRun: Bool,
    _ importLine: (CSVRecord, inout LocalTransaction) throws(ReplicaError) -> ImportOutcome
  ) throws(ReplicaError) -> ImportReport {
    try turns.share { () throws(ReplicaError) in
      try importEach(of: table, isDryRun: isDryRun, importLine)
    }
  }

  private func importEach(
    of table: CSVTable, isDryRun: Bool,
    _ importLine: (CSVRecord, inout LocalTransaction) throws(ReplicaError) -> ImportOutcome
  ) throws(ReplicaError) -> ImportReport {
    // A rehearsal sees earlier lines only within one commit.
    let limit = isDryRun ? Int.max : Self.maximumLinesPerCommit
    var lines = table.makeIterator()
    var report = ImportReport()
    var isAtEnd = false
    while !isAtEnd {
      isAtEnd = try transact(isRehearsal: isDryRun) { (transaction) throws(ReplicaError) in
        var count = 0
        while count < limit {
          guard let line = lines.next() else { return true }
          count += 1
          transaction.beginNext()
          try report.take(line) { (record) throws(ReplicaError) in
            try importLine(record, &transaction)
          }
        }
        return false
      }
    }
    return report
  }
}

extension ImportReport {
  fileprivate mutating func take(
    _ line: CSVTableResult, _ importLine: (CSVRecord) throws(ReplicaError) -> ImportOutcome
  ) throws(ReplicaError) {
    switch line {
    case .problem(let line, let what):
      add(ImportProblem(line: line, field: nil, problem: what))
    case .record(let record):
      do {
        add(try importLine(record), line: record.line)
      } catch {
        try add(error, line: record.line)
      }
    }
  }

  /// Notes why a line was left out.
  /// - Throws: what is no matter of one line.
  mutating func add(_ error: ReplicaError, line: Int) throws(ReplicaError) {
    switch error {
    case .invalid(_, let failure):
      for problem in failure.problems {
        add(ImportProblem(line: line, field: problem.field, problem: problem.problem))
      }
    case .duplicate(let field, let other):
      add(ImportProblem(line: line, field: field, problem: "\(other) has this \(field) already"))
    case .conflict(let message):
      add(ImportProblem(line: line, field: nil, problem: message))
    case .inTrash:
      add(.deleted, line: line)
    default:
      throw error
    }
  }
}
