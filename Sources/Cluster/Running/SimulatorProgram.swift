import Platform
import Synchronization

/// `satchel-sim`: plays random schedules and says which promise the engine broke.
package struct SimulatorProgram {
  let print: @Sendable (String) -> Void
  private let seconds: @Sendable () -> Double

  /// - Parameters:
  ///   - print: takes a line; several threads may call it.
  ///   - seconds: a clock that only goes forward.
  package init(
    print: @escaping @Sendable (String) -> Void, seconds: @escaping @Sendable () -> Double
  ) {
    (self.print, self.seconds) = (print, seconds)
  }

  package static let usage = """
    usage: satchel-sim --seed N [--trace] [--scenario]
           satchel-sim --seeds FIRST COUNT [--jobs N] [--coverage]
           satchel-sim --hours H [--from FIRST] [--jobs N]
           satchel-sim --play FILE... [--trace]
           satchel-sim --first-failure FIRST COUNT
           satchel-sim --planted list
           satchel-sim --planted NAME ...

    --seed N      play one schedule; if it fails, make it short and print it as a scenario
      --trace     print every step instead
      --scenario  print the schedule as a file, and do not play it
    --seeds       play many; --coverage: print how often each fault struck where, fail if one never did
    --hours       play as many as there is time for, and print the rate
    --play        play scenario files
    --jobs N      on so many threads, 1 without it
    """

  /// - Returns: the exit status: 0 if every promise was kept, 1 if not, 2 if the arguments mean nothing.
  package func run(_ arguments: [String]) -> Int32 {
    if arguments.first == "--planted" { return runPlanted(Array(arguments.dropFirst())) }
    guard let words = SimulatorArguments(arguments) else {
      print(Self.usage)
      return 2
    }
    do {
      switch words.order {
      case .one(let seed) where words.isScenario:
        print(Schedule(seed: seed).text)
        return 0
      case .one(let seed):
        let isKept = play(Schedule(seed: seed), "seed \(seed)", try Runner(), words.isTraced)
        return isKept ? 0 : 1
      case .files(let paths):
        let runner = try Runner()
        var isKept = true
        for path in paths {
          let schedule = try scenario(path)
          if !play(schedule, path, runner, words.isTraced) { isKept = false }
        }
        return isKept ? 0 : 1
      case .firstFailure(let first, let most):
        return runToFirstFailure(from: first, most: most, try Runner())
      case .seeds(let first, let count):
        return try playMany(from: first, words) { begun, _ in begun < count }
      case .hours(let hours, let first):
        return try playMany(from: first, words) { _, elapsed in elapsed < hours * 3600 }
      }
    } catch {
      print("\(error)")
      return 1
    }
  }

  private func scenario(_ path: String) throws -> Schedule {
    let bytes = try POSIXFileSystem().readFile(path, maximumByteCount: 1 << 24)
    return try Schedule(text: String(decoding: bytes, as: UTF8.self))
  }

  /// - Returns: whether every promise was kept.
  private func play(
    _ schedule: Schedule, _ name: String, _ runner: Runner, _ isTraced: Bool
  ) -> Bool {
    let outcome = runner.run(schedule, keepsTrace: isTraced)
    if isTraced { for line in outcome.trace { print(line) } }
    print("\(name): trace \(String(outcome.traceHash, radix: 16))")
    guard let failure = outcome.failure else { return true }
    if isTraced { print("FAILED \(failure)") } else { report(schedule, outcome, runner) }
    return false
  }

  private func playMany(
    from first: UInt64, _ words: SimulatorArguments,
    while goesOn: @escaping @Sendable (UInt64, Double) -> Bool
  ) throws -> Int32 {
    let (begin, seconds) = (seconds(), seconds)
    let reporter = Mutex(try Runner())
    let campaign = Campaign(
      first: first, jobCount: words.jobCount, goesOn: { goesOn($0, seconds() - begin) },
      tell: { seed, outcome in
        reporter.withLock { report(Schedule(seed: seed), outcome, $0) }
      })
    let result = try campaign.run()
    for seed in result.different { print("FAILED seed \(seed): two runs differ") }
    let missing = words.showsCoverage ? result.coverage.missing : []
    if words.showsCoverage { for line in result.coverage.table { print(line) } }
    for spot in missing { print("FAILED this fault never came about: \(spot)") }
    let time = max(seconds() - begin, 0.001)
    let count = result.scheduleCount
    let failedCount = result.failures.count + result.different.count
    print(
      "\(count) schedules of \(result.stepCount / max(1, count)) steps in \(Int(time)) seconds: "
        + "\(Int(Double(count) / time * 10) / 10) a second, \(failedCount) failed; "
        + "traces \(String(result.traceHash, radix: 16))")
    return failedCount == 0 && missing.isEmpty ? 0 : 1
  }

  private func report(_ schedule: Schedule, _ outcome: Outcome, _ runner: Runner) {
    print("FAILED seed \(schedule.seed), step \(outcome.step): \(outcome.failure ?? "")")
    let short = Minimiser(runner, check: outcome.check ?? "").minimised(schedule)
    let last = runner.run(short, keepsTrace: true)
    print("\(short.steps.count) of \(schedule.steps.count) steps are enough:")
    for line in last.trace { print("  \(line)") }
    print("  broken: \(last.failure ?? "")")
    print("As a scenario:\n\(short.text)")
  }
}
