import Platform

/// `satchel-sim`: plays random schedules and says which promise the engine broke.
package struct SimulatorProgram {
  /// A seed in so many is run twice.
  private static let repeatedEvery: UInt64 = 50

  let print: (String) -> Void
  private let seconds: () -> Double

  /// - Parameters:
  ///   - print: takes a line.
  ///   - seconds: a clock that only goes forward.
  package init(print: @escaping (String) -> Void, seconds: @escaping () -> Double) {
    (self.print, self.seconds) = (print, seconds)
  }

  package static let usage = """
    usage: satchel-sim --seed N [--trace]
           satchel-sim --seeds FIRST COUNT
           satchel-sim --hours H [--from FIRST]
           satchel-sim --first-failure FIRST COUNT
           satchel-sim --planted list
           satchel-sim --planted NAME ...
    """

  /// - Returns: the exit status: 0 if every promise was kept, 1 if not, 2 if the arguments mean nothing.
  package func run(_ arguments: [String]) -> Int32 {
    if arguments.first == "--planted" { return runPlanted(Array(arguments.dropFirst())) }
    let runner: Runner
    do { runner = try Runner() } catch {
      print("\(error)")
      return 1
    }
    switch arguments.first {
    case "--seed":
      guard let seed = arguments.dropFirst().first.flatMap({ UInt64($0) }) else { break }
      return runOne(seed, runner, isTraced: arguments.contains("--trace"))
    case "--seeds":
      guard arguments.count == 3, let first = UInt64(arguments[1]), let count = UInt64(arguments[2])
      else { break }
      return runMany(runner, from: first) { done, _ in done < count }
    case "--hours":
      guard let hours = arguments.dropFirst().first.flatMap({ Double($0) }) else { break }
      let first = arguments.count == 4 ? UInt64(arguments[3]) ?? 0 : 0
      return runMany(runner, from: first) { _, elapsed in elapsed < hours * 3600 }
    case "--first-failure":
      guard arguments.count == 3, let first = UInt64(arguments[1]), let count = UInt64(arguments[2])
      else { break }
      return runToFirstFailure(from: first, most: count, runner)
    default: break
    }
    print(Self.usage)
    return 2
  }

  private func runOne(_ seed: UInt64, _ runner: Runner, isTraced: Bool) -> Int32 {
    let schedule = Schedule(seed: seed)
    let outcome = runner.run(schedule, keepsTrace: isTraced)
    if isTraced { for line in outcome.trace { print(line) } }
    print("seed \(seed): trace \(String(outcome.traceHash, radix: 16))")
    guard outcome.failure != nil else { return 0 }
    if isTraced {
      print("FAILED \(outcome.failure ?? "")")
      return 1
    }
    report(schedule, outcome, runner)
    return 1
  }

  private func runMany(
    _ runner: Runner, from first: UInt64, while goesOn: (UInt64, Double) -> Bool
  ) -> Int32 {
    let begin = seconds()
    var (done, failed, steps) = (UInt64(0), 0, 0)
    while goesOn(done, seconds() - begin) {
      let schedule = Schedule(seed: first + done)
      let outcome = runner.run(schedule)
      steps += schedule.steps.count
      if outcome.failure != nil {
        failed += 1
        report(schedule, outcome, runner)
      } else if schedule.seed % Self.repeatedEvery == 0 {
        if runner.run(schedule).traceHash != outcome.traceHash {
          failed += 1
          print("FAILED seed \(schedule.seed): two runs differ")
        }
      }
      done += 1
    }
    let time = max(seconds() - begin, 0.001)
    print(
      "\(done) schedules of \(steps / max(1, Int(done))) steps in \(Int(time)) seconds: "
        + "\(Int(Double(done) / time * 10) / 10) a second and process, \(failed) failed")
    return failed == 0 ? 0 : 1
  }

  private func report(_ schedule: Schedule, _ outcome: Outcome, _ runner: Runner) {
    print("FAILED seed \(schedule.seed), step \(outcome.step): \(outcome.failure ?? "")")
    let short = Minimiser(runner, check: outcome.check ?? "").minimised(schedule)
    print("\(short.steps.count) of \(schedule.steps.count) steps are enough:")
    let last = runner.run(short, keepsTrace: true)
    for line in last.trace { print("  \(line)") }
    print("  broken: \(last.failure ?? "")")
  }
}
