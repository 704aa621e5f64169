/// What came of a schedule.
package struct Outcome: Sendable {
  /// Nil if every promise was kept.
  package var failure: String?
  /// Which check found it; nil if none did.
  package var check: String?
  /// The step at which it was found, counted from 0; the number of steps if at rest.
  package var step: Int
  /// The same for the same schedule, always.
  package var traceHash: UInt64
  package var trace: [String]
  package var exchanges: Int
  /// How many pieces laptops sealed.
  package var sealedCount = 0
  /// Which faults came about.
  package var coverage = Coverage()
}

/// Plays schedules. Each is a world of its own: many may be played at once.
package struct Runner: Sendable {
  private let templates: Templates

  /// - Throws: if a library of the system is missing.
  /// - Parameter isEncrypted: whether laptops encrypt their stores.
  package init(isEncrypted: Bool = false) throws {
    templates = try Templates(isEncrypted: isEncrypted)
  }

  package func run(_ schedule: Schedule, keepsTrace: Bool = false) -> Outcome {
    var step = 0
    let world: World
    do { world = try World(schedule, templates, keepsTrace: keepsTrace) } catch {
      return Outcome(
        failure: "the clinic cannot be opened: \(error)", check: "begin", step: 0, traceHash: 0,
        trace: [], exchanges: 0)
    }
    var failure: (any Error)?
    do {
      for (number, next) in schedule.steps.enumerated() {
        step = number
        try world.run(next, number: number)
      }
      step = schedule.steps.count
      try world.comeToRest()
      try world.checkSeals()
    } catch { failure = error }
    return Outcome(
      failure: failure.map { "\($0)" },
      check: failure.map { ($0 as? Broken)?.check ?? "error" }, step: step,
      traceHash: world.trace.hash, trace: world.trace.lines, exchanges: world.exchangeCount,
      sealedCount: world.machine.book?.counts.sealed ?? 0, coverage: world.coverage)
  }
}
