/// How far the intake of an appointment is: it only grows (MERGE, rule A21).
package enum IntakeProgress: String, CaseIterable, Sendable, Comparable {
  case missing, sent, completed

  /// What an intake form of a status shows.
  package init(formStatus: String) { self = formStatus == "pending" ? .sent : .completed }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  package static func < (a: IntakeProgress, b: IntakeProgress) -> Bool { a.rank < b.rank }
}
