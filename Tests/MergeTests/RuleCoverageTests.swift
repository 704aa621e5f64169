import Testing

/// Every rule of MERGE.md has a vector or a test of its own.
@Suite struct RuleCoverageTests {
  private static let rules: [String] =
    (1...21).map { "P\($0)" } + (1...16).map { "I\($0)" } + (1...25).map { "A\($0)" }
    + (1...5).map { "U\($0)" } + (1...3).map { "F\($0)" } + (1...3).map { "L\($0)" }
    + (1...3).map { "X\($0)" } + (1...9).map { "T\($0)" } + ["V1", "V2", "C1", "R1", "R2"]

  /// Rules that are no merge of two edits, and the tests that show them.
  private static let others: [String: String] = [
    "P8": "P8: an account is not changed by an edit",
    "P11": "P11: an erased document does not come back",
    "U1": "U1: users are the server's",
    "X2": "X2: a revoked device surrenders once",
    "X3": "X3: laptops send a restored server what it lacks",
    "T1": "T1: the wall time and its zone are the truth",
    "T4": "T4: a duration is elapsed time",
    "T5": "T5: weekdays count from Monday",
    "T6": "T6: weekly rules are expanded by date",
    "T7": "T7: a civil date is no instant",
    "T8": "T8: the last day of a rule is part of it",
    "T9": "T9: an expiry is an instant",
  ]

  @Test(arguments: rules)
  func `a rule has a vector or a test of its own`(rule: String) {
    let hasVector = MergeVector.all.contains { $0.rule == rule }
    #expect(hasVector || Self.others[rule] != nil)
    #expect(!(hasVector && Self.others[rule] != nil), "named twice")
  }
}
