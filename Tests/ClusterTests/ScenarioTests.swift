import Cluster
import Platform
import Testing

/// Schedules that failed once, each in a file of `Scenarios` that says with what and why.
@Suite struct ScenarioTests {
  private static let directory =
    #filePath.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Scenarios"

  static func scenarios() throws -> [String] {
    try POSIXFileSystem().contents(ofDirectory: directory).sorted()
  }

  private static func text(_ name: String) throws -> String {
    let bytes = try POSIXFileSystem().readFile("\(directory)/\(name)", maximumByteCount: 1 << 24)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: try scenarios())
  func `what failed once keeps every promise`(name: String) throws {
    let text = try Self.text(name)
    #expect(text.hasPrefix("# "), "\(name) begins with its cause")
    let outcome = try Runner().run(Schedule(text: text))
    #expect(outcome.failure == nil, "satchel-sim --play \(name)")
  }

  @Test func `a schedule comes back from its file as it was`() throws {
    for seed in 0..<40 as Range<UInt64> {
      let schedule = Schedule(seed: seed)
      let again = try Schedule(text: schedule.text)
      #expect(again.text == schedule.text)
      #expect(again.steps.count == schedule.steps.count)
    }
    let runner = try Runner()
    let schedule = Schedule(seed: 5)
    #expect(
      runner.run(try Schedule(text: schedule.text)).traceHash == runner.run(schedule).traceHash)
  }

  @Test(arguments: [
    "seed x", "laptops 1", "laptops 99", "judged perhaps", "page 0", "step 1 2", "step 1 2 dance",
    "network 3 rain", "network 5000 request lost", "old x", "hello",
  ])
  func `a line that means nothing is refused with its number`(line: String) {
    let defect = #expect(throws: ScheduleDefect.self) { try Schedule(text: "seed 1\n\(line)\n") }
    #expect(defect?.line == 2 && defect?.text == line)
  }
}
