import Causality
import Documents
import JSON
import TestSupport
import Testing

/// DESIGN, rules 5 and 6.
struct PolicyTests {
  private func merged(_ start: JSONObject, _ hers: JSONObject, _ his: JSONObject) -> Scenario {
    var scenario = Scenario(start)
    scenario.edit(\.anna, hers)
    scenario.edit(\.ben, his)
    scenario.exchange()
    return scenario
  }

  private func isConcurrent(_ scenario: Scenario, _ unit: String) -> Bool {
    SampleRules.visit.unit(named: unit).isConcurrent(scenario.versions(\.anna, unit))
  }

  @Test func `siblings with equal values are no conflict`() {
    let scenario = merged(["given": "A"], ["given": "B"], ["given": "B"])
    #expect(scenario.versions(\.anna, "name").count == 2)
    #expect(!isConcurrent(scenario, "name"))
  }

  @Test func `siblings with different values are a conflict`() {
    #expect(isConcurrent(merged(["given": "A"], ["given": "B"], ["given": "C"]), "name"))
    #expect(isConcurrent(merged(["given": "A"], ["given": "é"], ["given": "e\u{301}"]), "name"))
  }

  @Test(arguments: [
    ("cancelled", "confirmed", "cancelled"), ("confirmed", "cancelled", "cancelled"),
    ("confirmed", "strange", "confirmed"), ("strange", "confirmed", "confirmed"),
    ("strange", "stranger", "stranger"),
  ])
  func `the value that ranks higher is shown, and of two strange ones the later`(
    hers: String, his: String, shown: String
  ) {
    let scenario = merged(
      ["status": "planned"], ["status": .string(hers)], ["status": .string(his)])
    #expect(scenario.shown(\.anna) == #"{"status":"\#(shown)"}"#)
    #expect(scenario.shown(\.ben) == scenario.shown(\.anna))
  }

  @Test func `a missing value ranks last`() {
    let scenario = merged(["status": "planned"], ["status": "confirmed"], ["status": .null])
    #expect(scenario.shown(\.anna) == #"{"status":"confirmed"}"#)
  }

  @Test func `true wins`() {
    #expect(
      merged(["given": "A"], ["urgent": true], ["urgent": false]).shown(\.anna).contains("true"))
    #expect(
      merged(["given": "A"], ["urgent": false], ["urgent": true]).shown(\.anna).contains("true"))
    #expect(
      merged(["urgent": true], ["urgent": false], ["urgent": "no"]).shown(\.ben).contains("no"))
  }

  @Test func `the smaller text wins, and a missing one comes last`() {
    let start: JSONObject = ["start": "2026-01-05"]
    #expect(
      merged(start, ["start": "2026-01-03"], ["start": "2026-01-04"]).shown(\.ben)
        == #"{"start":"2026-01-03"}"#)
    #expect(
      merged(start, ["start": "2026-01-04"], ["start": "2026-01-03"]).shown(\.ben)
        == #"{"start":"2026-01-03"}"#)
    #expect(
      merged(start, ["start": "2026-01-04"], ["start": .null, "room": 1]).shown(\.ben)
        == #"{"start":"2026-01-04"}"#)
  }

  @Test func `texts are ranked by their bytes`() {
    // U+FF5E sorts before U+1F600 in UTF-8, behind it in UTF-16.
    let scenario = merged(["start": "x"], ["start": "\u{FF5E}"], ["start": "\u{1F600}"])
    #expect(scenario.shown(\.ben) == "{\"start\":\"\u{FF5E}\"}")
  }

  @Test func `without a preference the later stamp is shown`() {
    var scenario = Scenario(["given": "A"])
    scenario.edit(\.ben, ["given": "early"])
    scenario.edit(\.anna, ["given": "late"])
    scenario.exchange()
    #expect(scenario.shown(\.ben) == #"{"given":"late"}"#)
  }

  @Test func `of two versions with one stamp the greater first dot is shown`() {
    let author = Author(user: nil, device: .sample(9))
    let stamp = Stamp(milliseconds: 5)
    let versions = [1, 2, 3].map { number in
      Version(
        write: Write(dot: Dot(.sample(number), 1), stamp: stamp, author: author),
        value: ["given": .int(number)])
    }
    let rule = SampleRules.visit.unit(named: "name")
    #expect(rule.shown(of: versions)?.write.dot == Dot(.sample(3), 1))
    #expect(rule.shown(of: versions.reversed())?.write.dot == Dot(.sample(3), 1))
    #expect(rule.shown(of: []) == nil)
  }

  @Test func `elements of a set are added and removed one by one`() {
    var scenario = merged(["tags": ["a", "b"]], ["tags": ["b", "c"]], ["tags": ["a", "b", "d"]])
    #expect(scenario.shown(\.anna) == #"{"tags":["b","c","d"]}"#)
    #expect(scenario.shown(\.ben) == scenario.shown(\.anna))
    scenario.edit(\.ben, ["tags": ["a", "c"]])
    scenario.exchange()
    #expect(scenario.shown(\.anna) == #"{"tags":["a","c"]}"#)
    scenario.edit(\.anna, ["tags": []])
    scenario.exchange()
    #expect(scenario.shown(\.ben) == #"{"tags":[]}"#)
  }

  @Test func `an element that is added again while it is removed stays by the later stamp`() {
    var scenario = Scenario(["tags": ["a"]])
    scenario.edit(\.anna, ["tags": []])
    scenario.edit(\.ben, ["tags": []])
    scenario.edit(\.ben, ["tags": ["a"]])
    scenario.exchange()
    #expect(scenario.shown(\.anna) == #"{"tags":["a"]}"#)
  }

  @Test func `a set that names an element twice holds it once`() throws {
    var scenario = Scenario(["tags": ["a", "a", "b"]])
    #expect(scenario.shown(\.anna) == #"{"tags":["a","b"]}"#)
    scenario.exchange()
    let bytes = try #require(scenario.document(\.anna)).bytes()
    #expect(throws: Never.self) { try JSONValue(parsing: bytes) }
  }

  @Test func `an array of something other than strings is kept as it is`() {
    let scenario = Scenario(["tags": ["a", 1]])
    #expect(scenario.shown(\.ben) == #"{"tags":["a",1]}"#)
  }

  @Test func `elements that differ only in their bytes are different`() throws {
    let scenario = Scenario(["tags": ["é", "e\u{301}"]])
    #expect(scenario.shown(\.ben) == "{\"tags\":[\"e\u{301}\",\"é\"]}")
    let document = try #require(scenario.document(\.ben))
    #expect(document.units.filter { $0.name.hasPrefix("tags/") }.count == 2)
  }

  @Test func `keys of a map are added, changed and removed one by one`() {
    var scenario = merged(
      ["contacts": ["home": 1, "work": 2]], ["contacts": ["home": 1, "mobile": 3]],
      ["contacts": ["home": 5, "work": 2]])
    #expect(scenario.shown(\.anna) == #"{"contacts":{"home":5,"mobile":3}}"#)
    #expect(scenario.shown(\.ben) == scenario.shown(\.anna))
    scenario.edit(\.ben, ["contacts": ["home": 5, "work": 9]])
    scenario.exchange()
    #expect(scenario.shown(\.anna) == #"{"contacts":{"home":5,"work":9}}"#)
    scenario.edit(\.anna, ["contacts": .null])
    scenario.exchange()
    #expect(scenario.shown(\.ben) == "{}")
  }

  @Test func `one key of a map, changed twice at once, is a conflict of that key only`() {
    let scenario = merged(
      ["contacts": ["home": 1, "work": 2]], ["contacts": ["home": 3, "work": 2]],
      ["contacts": ["home": 4, "work": 2]])
    #expect(isConcurrent(scenario, "contacts/home"))
    #expect(scenario.versions(\.anna, "contacts/work").count == 1)
    #expect(scenario.versions(\.anna, "contacts").count == 1)
  }

  @Test func `a version keeps the first dots that its author saw, in both directions`() {
    var scenario = Scenario(["given": "A"])
    let slot = scenario.edit(\.anna, ["start": "2026-01-05"])
    let status = scenario.edit(\.anna, ["status": "confirmed"])
    let moved = scenario.edit(\.anna, ["start": "2026-01-06"])
    #expect(scenario.versions(\.anna, "status").first?.details?.seen == [slot])
    #expect(scenario.versions(\.anna, "slot").first?.details?.seen == [status])
    #expect(scenario.versions(\.anna, "slot").first?.write.dot == moved)
    #expect(scenario.versions(\.anna, "name").first?.details == nil)
  }

  @Test func `a version sees all siblings of the unit that it is compared with`() {
    var scenario = Scenario(["start": "2026-01-05"])
    let hers = scenario.edit(\.anna, ["start": "2026-01-06"])
    let his = scenario.edit(\.ben, ["start": "2026-01-07"])
    scenario.exchange()
    scenario.edit(\.ben, ["status": "confirmed"])
    #expect(scenario.versions(\.ben, "status").first?.details?.seen == [hers, his])
  }

  @Test func `a unit that keeps it knows the value that it replaced`() {
    var scenario = Scenario(["start": "2026-01-05", "room": 1])
    #expect(scenario.versions(\.anna, "slot").first?.details == nil)
    scenario.edit(\.anna, ["start": "2026-01-06"])
    let replaced = scenario.versions(\.anna, "slot").first?.details?.replaced
    #expect(replaced?.line == #"{"start":"2026-01-05","room":1}"#)
    let shown = scenario.versions(\.anna, "slot").map(\.key)
    scenario.resolve(\.anna, "slot", ["start": "2026-01-09"], replacing: shown)
    let before = scenario.versions(\.anna, "slot").first?.details?.replaced
    #expect(before?.line == #"{"start":"2026-01-06","room":1}"#)
  }
}
