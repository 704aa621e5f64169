import JSON
import Planted

/// How the simulator is tried itself: with mistakes that are built into the engine on purpose.
extension SimulatorProgram {
  /// A mistake that so many schedules do not show counts as missed.
  private static let plantedSeeds: ClosedRange<UInt64> = 0...3999

  /// `--planted` alone tries all mistakes; `--planted list` names them; with a name before other arguments
  /// the engine makes that mistake in all that they ask for.
  func runPlanted(_ arguments: [String]) throws -> Int32 {
    guard Planting.isPossible else {
      tell("this program was built without planted faults: build it with -Xswiftc -DPLANTED")
      return 2
    }
    guard let name = arguments.first, !name.hasPrefix("--") else {
      return try findAll(arguments)
    }
    if name == "list" {
      for name in Planting.names { print(name) }
      return 0
    }
    guard Planting.choose(name) else {
      tell("no planted fault is called \(name): --planted list prints all")
      return 2
    }
    return run(Array(arguments.dropFirst()))
  }

  /// Plays with each mistake up to the first schedule that shows it. Says so as it goes on: a mistake may end
  /// the program.
  private func findAll(_ arguments: [String]) throws -> Int32 {
    guard let words = SimulatorArguments(["--seed", "0"] + arguments, jobCount: jobCount) else {
      tell(Self.usage)
      return 2
    }
    var missed: [String] = []
    for name in Planting.names {
      _ = Planting.choose(name)
      if let found = try firstFailure(among: Self.plantedSeeds, words.jobCount) {
        tell("| \(name) | \(found.seed) | \(found.outcome.check ?? "") |")
      } else {
        tell("| \(name) | not found |")
        missed.append(name)
      }
    }
    let value: JSONValue = [
      "planted": .int(Planting.names.count), "found": .int(Planting.names.count - missed.count),
      "missed": .array(missed.map(JSONValue.string)),
    ]
    print(String(decoding: value.bytes, as: UTF8.self))
    return missed.isEmpty ? 0 : 1
  }
}
