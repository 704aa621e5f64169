import CommandLineTool
import JSON
import Platform

/// All scenarios of a directory.
struct ScenarioSuite {
  private let scenarios: [Scenario]

  /// - Parameter only: the name of one; nil for all.
  init(directory: String, only: String?) throws {
    let files = POSIXFileSystem()
    let names = try files.contents(ofDirectory: directory).filter { $0.hasSuffix(".md") }.sorted()
    let all = try names.map { name in
      let text = String(decoding: try files.readFile("\(directory)/\(name)"), as: UTF8.self)
      return try Scenario(name: String(name.dropLast(3)), text: text)
    }
    scenarios = all.filter { only == nil || $0.name == only }
    if scenarios.isEmpty { throw ScenarioFailure("\(directory): there is no such scenario") }
  }

  /// A line for each, and how many came out how at the end. The status is 0 if all passed.
  func run(json: Bool, _ play: (Scenario) -> Verdict) -> CommandOutcome {
    var counts = (passed: 0, failed: 0, skipped: 0)
    var output = ""
    for scenario in scenarios {
      let (word, why): (String, String)
      switch play(scenario) {
      case .passed: (word, why, counts.passed) = ("passed", "", counts.passed + 1)
      case .failed(let text): (word, why, counts.failed) = ("failed", text, counts.failed + 1)
      case .skipped(let text): (word, why, counts.skipped) = ("skipped", text, counts.skipped + 1)
      }
      output += json ? Self.line(scenario, word, why) : Self.row(scenario, word, why)
    }
    output += "\(counts.passed) passed, \(counts.failed) failed, \(counts.skipped) skipped\n"
    let isDone = counts.failed == 0 && counts.skipped == 0
    return CommandOutcome(status: isDone ? 0 : 1, output: Array(output.utf8))
  }

  private static func row(_ scenario: Scenario, _ word: String, _ why: String) -> String {
    let name = scenario.name + String(repeating: " ", count: max(1, 28 - scenario.name.count))
    return "\(word)\(word.count < 7 ? "  " : " ")\(name)\(scenario.title)\n"
      + (why.isEmpty ? "" : "        \(why)\n")
  }

  private static func line(_ scenario: Scenario, _ word: String, _ why: String) -> String {
    let value: JSONValue = [
      "scenario": .string(scenario.name), "result": .string(word), "why": .string(why),
    ]
    return String(decoding: value.bytes, as: UTF8.self) + "\n"
  }
}
