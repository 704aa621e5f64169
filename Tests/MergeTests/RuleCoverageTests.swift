import Platform
import Testing

/// Every rule of MERGE.md has a vector or a test of its own.
@Suite struct RuleCoverageTests {
  private static let rules: [String] =
    (1...21).map { "P\($0)" } + (1...16).map { "I\($0)" } + (1...25).map { "A\($0)" }
    + (1...5).map { "U\($0)" } + (1...3).map { "F\($0)" } + (1...3).map { "L\($0)" }
    + (1...3).map { "X\($0)" } + (1...9).map { "T\($0)" } + ["V1", "V2", "C1", "R1", "R2"]

  /// The rules whose names begin the name of a test.
  private static let tested: Set<String> = {
    let tests = MergeVector.root + "/Tests"
    let files = POSIXFileSystem()
    var found: Set<String> = []
    for room in (try? files.contents(ofDirectory: tests)) ?? [] {
      for name in (try? files.contents(ofDirectory: "\(tests)/\(room)")) ?? [] {
        guard name.hasSuffix(".swift"), let bytes = try? files.readFile("\(tests)/\(room)/\(name)")
        else { continue }
        let text = String(decoding: bytes, as: UTF8.self)
        for part in text.split(separator: "func `").dropFirst() {
          if let end = part.firstIndex(of: ":") { found.insert(String(part[..<end])) }
        }
      }
    }
    return found
  }()

  @Test(arguments: rules)
  func `a rule has a vector or a test of its own`(rule: String) {
    #expect(Self.tested.contains(rule) || MergeVector.all.contains { $0.rule == rule })
  }

  @Test func `no vector names a rule that there is not`() {
    for vector in MergeVector.all { #expect(Self.rules.contains(vector.rule), "\(vector.name)") }
  }
}
