import JSON
import Platform
import Synchronization

/// `satchel-sim`: plays random schedules and says which promise the engine broke.
package struct SimulatorProgram {
  let print: @Sendable (String) -> Void
  let tell: @Sendable (String) -> Void
  private let seconds: @Sendable () -> Double
  let jobCount: Int

  /// - Parameters:
  ///   - print: takes a line of what is the same in every run with the same arguments.
  ///   - tell: takes a line of anything else; several threads may call it.
  ///   - seconds: a clock that only goes forward.
  ///   - jobCount: the number of threads where the arguments say none.
  package init(
    print: @escaping @Sendable (String) -> Void, tell: @escaping @Sendable (String) -> Void,
    seconds: @escaping @Sendable () -> Double, jobCount: Int
  ) {
    (self.print, self.tell, self.seconds) = (print, tell, seconds)
    self.jobCount = jobCount
  }

  package static let usage = """
    usage: satchel-sim --seed N [--trace] [--scenario] [--encrypted]
           satchel-sim --seeds A..B [--jobs N] [--coverage] [--encrypted]
           satchel-sim --hours H [--from FIRST] [--jobs N] [--encrypted]
           satchel-sim --play FILE... [--trace] [--encrypted]
           satchel-sim --first-failure A..B [--jobs N] [--encrypted]
           satchel-sim --planted [list | NAME ...]

    --seed N         play one schedule; if it fails, make it short and print it as a scenario
      --trace        print every step instead
      --scenario     print the schedule as a file, and do not play it
    --seeds A..B     play all of them; --coverage: fail if a fault never struck where it must
    --hours          play as many as there is time for
    --play           play scenario files
    --first-failure  play up to the first that fails
    --planted        with each mistake that was built in, play up to the first schedule that shows it
    --encrypted      laptops seal their stores, and no key seals twice
    --jobs N         on so many threads, on as many as there are processors without it

    What was played ends in one line of JSON on standard output: how many seeds, which failed, how many
    steps, and how often each fault struck where. Rates and reports go to standard error.
    """

  /// - Returns: the exit status: 0 if every promise was kept, 1 if not, 2 if the arguments mean nothing.
  package func run(_ arguments: [String]) -> Int32 {
    if arguments.first == "--help" {
      print(Self.usage)
      return 0
    }
    do {
      if arguments.first == "--planted" { return try runPlanted(Array(arguments.dropFirst())) }
      guard let words = SimulatorArguments(arguments, jobCount: jobCount) else {
        tell(Self.usage)
        return 2
      }
      return try run(words)
    } catch {
      tell("satchel-sim: \(error)")
      return 1
    }
  }

  private func run(_ words: SimulatorArguments) throws -> Int32 {
    switch words.order {
    case .one(let seed) where words.isScenario:
      print(Schedule(seed: seed).text)
      return 0
    case .one(let seed):
      let played = [(name: "seed \(seed)", schedule: Schedule(seed: seed))]
      return play(played, try Runner(isEncrypted: words.isEncrypted), words)
    case .files(let paths):
      let files = try paths.map { (name: $0, schedule: try scenario($0)) }
      return play(files, try Runner(isEncrypted: words.isEncrypted), words)
    case .firstFailure(let seeds):
      let found = try firstFailure(among: seeds, words.jobCount, isEncrypted: words.isEncrypted)
      print(found.map { "found \($0.seed) \($0.outcome.check ?? "")" } ?? "not found")
      return found == nil ? 0 : 1
    case .seeds(let seeds):
      let count = seeds.upperBound - seeds.lowerBound + 1
      return try playMany(from: seeds.lowerBound, words) { begun, _ in begun < count }
    case .hours(let hours):
      return try playMany(from: words.firstSeed, words) { _, elapsed in elapsed < hours * 3600 }
    }
  }

  private func scenario(_ path: String) throws -> Schedule {
    let bytes = try POSIXFileSystem().readFile(path, maximumByteCount: 1 << 24)
    return try Schedule(text: String(decoding: bytes, as: UTF8.self))
  }

  // MARK: - One after the other

  private func play(
    _ schedules: [(name: String, schedule: Schedule)], _ runner: Runner, _ words: SimulatorArguments
  ) -> Int32 {
    var result = Campaign.Result()
    for (name, schedule) in schedules {
      let outcome = runner.run(schedule, keepsTrace: words.isTraced)
      if words.isTraced { for line in outcome.trace { print(line) } }
      print("\(name): trace \(String(outcome.traceHash, radix: 16))")
      result.add(outcome, of: schedule)
      guard let failure = outcome.failure else { continue }
      if words.isTraced {
        print("FAILED \(failure)")
      } else {
        report(schedule, outcome, runner, to: print)
      }
    }
    print(summary(result))
    return result.failures.isEmpty ? 0 : 1
  }

  // MARK: - Many

  private func playMany(
    from first: UInt64, _ words: SimulatorArguments,
    while goesOn: @escaping @Sendable (UInt64, Double) -> Bool
  ) throws -> Int32 {
    let (begin, seconds) = (seconds(), seconds)
    let reporter = Mutex(try Runner(isEncrypted: words.isEncrypted))
    let campaign = Campaign(
      first: first, jobCount: words.jobCount, isEncrypted: words.isEncrypted,
      goesOn: { goesOn($0, seconds() - begin) },
      tell: { seed, outcome in
        reporter.withLock { report(Schedule(seed: seed), outcome, $0, to: tell) }
      })
    let result = try campaign.run()
    for seed in result.different { tell("FAILED seed \(seed): two runs differ") }
    let missing = words.wantsAllFaults ? result.coverage.missing : []
    for spot in missing { tell("FAILED this fault never came about: \(spot)") }
    tell(rate(result, seconds: max(seconds() - begin, 0.001)))
    print(summary(result))
    return result.failedSeeds.isEmpty && missing.isEmpty ? 0 : 1
  }

  private func rate(_ result: Campaign.Result, seconds time: Double) -> String {
    let count = result.scheduleCount
    return
      "\(count) schedules of \(result.stepCount / max(1, count)) steps in \(Int(time)) seconds: "
      + "\(Int(Double(count) / time * 10) / 10) a second, \(result.failedSeeds.count) failed"
  }

  /// The line that says what was played, for programs.
  private func summary(_ result: Campaign.Result) -> String {
    let value: JSONValue = [
      "seeds": .int(result.scheduleCount),
      "failed": .array(result.failedSeeds.map { .int(Int(clamping: $0)) }),
      "steps": .int(result.stepCount), "sealed": .int(result.sealedCount),
      "traces": .string(String(result.traceHash, radix: 16)),
      "faults": .object(JSONObject(result.coverage.table.map { ($0.spot, .int($0.count)) })),
    ]
    return String(decoding: value.bytes, as: UTF8.self)
  }

  // MARK: - The first

  /// The smallest of the seeds that breaks a promise; nil if none does.
  func firstFailure(
    among seeds: ClosedRange<UInt64>, _ jobCount: Int, isEncrypted: Bool = false
  ) throws -> (seed: UInt64, outcome: Outcome)? {
    let isFound = Mutex(false)
    let count = seeds.upperBound - seeds.lowerBound + 1
    // Whoever finds one ends it; smaller seeds have begun before, and come to their end.
    let campaign = Campaign(
      first: seeds.lowerBound, jobCount: jobCount, isEncrypted: isEncrypted,
      goesOn: { begun in begun < count && !isFound.withLock { $0 } },
      tell: { _, _ in isFound.withLock { $0 = true } })
    return try campaign.run().failures.min { $0.seed < $1.seed }
  }

  private func report(
    _ schedule: Schedule, _ outcome: Outcome, _ runner: Runner, to print: (String) -> Void
  ) {
    print("FAILED seed \(schedule.seed), step \(outcome.step): \(outcome.failure ?? "")")
    let short = Minimiser(runner, check: outcome.check ?? "").minimised(schedule)
    let last = runner.run(short, keepsTrace: true)
    print("\(short.steps.count) of \(schedule.steps.count) steps are enough:")
    for line in last.trace { print("  \(line)") }
    print("  broken: \(last.failure ?? "")")
    print("As a scenario:\n\(short.text)")
  }
}
