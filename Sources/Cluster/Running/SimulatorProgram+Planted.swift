import Planted

/// How the simulator is tried itself: with mistakes that are built into the engine on purpose.
extension SimulatorProgram {
  /// `--planted list`, or `--planted NAME` before other arguments: the engine makes that mistake in all that
  /// they ask for.
  func runPlanted(_ arguments: [String]) -> Int32 {
    guard Planting.isPossible else {
      print("this program was built without planted faults: build it with -Xswiftc -DPLANTED")
      return 2
    }
    guard let name = arguments.first, name != "list" else {
      for name in Planting.names { print(name) }
      return 0
    }
    guard Planting.choose(name) else {
      print("no planted fault is called \(name): --planted list prints all")
      return 2
    }
    return run(Array(arguments.dropFirst()))
  }

  /// Plays schedules up to the first that fails. Names each before it is played: a mistake may end the program.
  func runToFirstFailure(from first: UInt64, most: UInt64, _ runner: Runner) -> Int32 {
    for seed in first..<(first + most) {
      print("seed \(seed)")
      let outcome = runner.run(Schedule(seed: seed))
      guard let failure = outcome.failure else { continue }
      print("found | \(seed) | \(outcome.check ?? "") | \(failure)")
      return 1
    }
    print("not found")
    return 0
  }
}
