import Platform
import Synchronization

/// Plays many schedules on several threads; each schedule is a world of its own, on one thread.
package struct Campaign: Sendable {
  /// A seed in so many is played twice.
  private static let repeatedEvery: UInt64 = 50

  package struct Result: Sendable {
    package var scheduleCount = 0
    package var stepCount = 0
    /// Pieces that laptops sealed.
    package var sealedCount = 0
    /// Of the schedules that broke a promise, in no order.
    package var failures: [(seed: UInt64, outcome: Outcome)] = []
    /// Seeds whose two runs left different traces.
    package var different: [UInt64] = []
    package var coverage = Coverage()
    /// The same for the same seeds, in whatever order they were played.
    package var traceHash: UInt64 = 0

    /// In order, each once.
    package var failedSeeds: [UInt64] { Set(failures.map(\.seed) + different).sorted() }

    mutating func add(_ outcome: Outcome, of schedule: Schedule) {
      scheduleCount += 1
      stepCount += schedule.steps.count
      sealedCount += outcome.sealedCount
      coverage.add(outcome.coverage)
      traceHash ^= outcome.traceHash
      if outcome.failure != nil { failures.append((schedule.seed, outcome)) }
    }
  }

  let first: UInt64
  let jobCount: Int
  /// Whether laptops encrypt their stores.
  var isEncrypted = false
  /// Whether one more seed is to be played, from how many were begun.
  let goesOn: @Sendable (UInt64) -> Bool
  /// Told of every failure at once.
  let tell: @Sendable (UInt64, Outcome) -> Void

  private struct State: Sendable {
    var begun: UInt64 = 0
    var result = Result()
  }

  /// - Throws: if a library of the system is missing, or no thread can be made.
  func run() throws -> Result {
    let state = Mutex(State())
    // Threads that share nothing do not wait for each other's counts of references.
    let runners = try (0..<jobCount).map { _ in
      try Runner(isEncrypted: isEncrypted)
    }
    let threads = try runners.map { runner in
      try SystemThread { [self] in work(runner, state) }
    }
    for thread in threads { thread.join() }
    return state.withLock { $0.result }
  }

  private func work(_ runner: Runner, _ state: borrowing Mutex<State>) {
    while let seed = next(state) {
      let schedule = Schedule(seed: seed)
      let outcome = runner.run(schedule)
      let isRepeated = seed % Self.repeatedEvery == 0 && outcome.failure == nil
      let isSame = !isRepeated || runner.run(schedule).traceHash == outcome.traceHash
      state.withLock { state in
        state.result.add(outcome, of: schedule)
        if !isSame { state.result.different.append(seed) }
      }
      if outcome.failure != nil { tell(seed, outcome) }
    }
  }

  private func next(_ state: borrowing Mutex<State>) -> UInt64? {
    state.withLock { state in
      guard goesOn(state.begun) else { return nil }
      state.begun += 1
      return first + state.begun - 1
    }
  }
}
