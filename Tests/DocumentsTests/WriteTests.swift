import Causality
import Documents
import JSON
import TestSupport
import Testing

/// DESIGN, rules 2 to 4.
struct WriteTests {
  /// Anna and Ben gave the visit different names at once; both have seen it.
  private func conflict() -> Scenario {
    var scenario = Scenario(["given": "A"])
    scenario.edit(\.anna, ["given": "Anne"])
    scenario.edit(\.ben, ["given": "Anja"])
    scenario.exchange()
    return scenario
  }

  @Test func `a write replaces the version that its author saw`() {
    var scenario = Scenario(["given": "A"])
    scenario.edit(\.anna, ["given": "B"])
    scenario.exchange()
    #expect(scenario.values(\.ben, "name") == [#"{"given":"B"}"#])
  }

  @Test func `concurrent writes stay side by side, and the later is shown`() {
    let scenario = conflict()
    #expect(scenario.values(\.anna, "name") == [#"{"given":"Anja"}"#, #"{"given":"Anne"}"#])
    #expect(scenario.shown(\.anna) == #"{"given":"Anja"}"#)
    #expect(scenario.shown(\.ben) == scenario.shown(\.anna))
  }

  @Test func `a write in a conflict replaces the shown version only`() {
    var scenario = conflict()
    scenario.edit(\.anna, ["given": "Anita"])
    scenario.exchange()
    #expect(scenario.values(\.ben, "name") == [#"{"given":"Anita"}"#, #"{"given":"Anne"}"#])
  }

  @Test func `a write in a conflict replaces equal siblings of the shown version too`() {
    var scenario = Scenario(["given": "A"])
    scenario.edit(\.anna, ["given": "B"])
    scenario.edit(\.ben, ["given": "B"])
    scenario.exchange()
    #expect(scenario.versions(\.anna, "name").count == 2)
    scenario.edit(\.anna, ["given": "C"])
    scenario.exchange()
    #expect(scenario.values(\.ben, "name") == [#"{"given":"C"}"#])
  }

  @Test func `a resolution replaces what was shown and nothing that came since`() {
    var scenario = conflict()
    let shown = scenario.versions(\.anna, "name").map(\.key)
    scenario.edit(\.ben, ["given": "Late"])
    scenario.resolve(\.anna, "name", ["given": "Right"], replacing: shown)
    #expect(scenario.values(\.anna, "name") == [#"{"given":"Right"}"#])
    scenario.exchange()
    #expect(scenario.values(\.anna, "name") == [#"{"given":"Late"}"#, #"{"given":"Right"}"#])
    #expect(scenario.values(\.ben, "name") == scenario.values(\.anna, "name"))
  }

  @Test func `a resolution leaves a version that was not shown`() {
    var scenario = conflict()
    let shown = scenario.versions(\.anna, "name").filter { $0.value.line.contains("Anne") }
    scenario.resolve(\.anna, "name", ["given": "Right"], replacing: shown.map(\.key))
    #expect(scenario.values(\.anna, "name") == [#"{"given":"Anja"}"#, #"{"given":"Right"}"#])
  }

  @Test func `a resolution to one of the values is a write`() {
    var scenario = conflict()
    let shown = scenario.versions(\.anna, "name")
    scenario.resolve(\.anna, "name", ["given": "Anja"], replacing: shown.map(\.key))
    scenario.exchange()
    #expect(scenario.values(\.ben, "name") == [#"{"given":"Anja"}"#])
  }

  @Test func `a write of an equal value is no write`() {
    var scenario = Scenario(["given": "A", "family": "B"])
    let before = scenario.document(\.anna)?.bytes()
    scenario.edit(\.anna, ["given": "A"])
    scenario.write(\.anna) { document, write in
      let value = UnitValue(unit: "name", value: ["family": "B", "given": "A"])
      let isWritten = document.set(value, by: write, Scenario.rules)
      let nothing = UnitValue(unit: "slot", value: JSONObject())
      let isNothingWritten = document.set(nothing, by: write, Scenario.rules)
      #expect(!isWritten && !isNothingWritten)
    }
    #expect(scenario.document(\.anna)?.bytes() == before)
  }

  @Test func `1 and 1 point 0, and two spellings of é, are different values`() {
    var scenario = Scenario(["room": 1, "given": "é"])
    scenario.edit(\.anna, ["room": .number(JSONNumber(text: "1.0") ?? JSONNumber(0))])
    scenario.edit(\.anna, ["given": "e\u{301}"])
    #expect(scenario.anna.knowledge[scenario.anna.id] == 3)
    #expect(scenario.shown(\.anna) == "{\"given\":\"e\u{301}\",\"room\":1.0}")
  }

  @Test func `a transaction that writes a unit twice leaves one version there`() {
    var scenario = Scenario(["status": "planned"])
    scenario.edit(\.anna, ["status": "x"])
    scenario.edit(\.ben, ["status": "confirmed"])
    scenario.exchange()
    scenario.write(\.anna) { document, write in
      for status in ["y", "z"] as [JSONValue] {
        let value = UnitValue(unit: "status", value: ["status": status])
        _ = document.set(value, by: write, Scenario.rules)
      }
    }
    let keys = scenario.versions(\.anna, "status").map(\.key)
    #expect(Set(keys).count == keys.count)
    #expect(scenario.values(\.anna, "status").contains(#"{"status":"z"}"#))
  }

  @Test func `fields of different units are edited at once without a conflict`() {
    var scenario = Scenario(["given": "A", "room": 1])
    scenario.edit(\.anna, ["given": "B"])
    scenario.edit(\.ben, ["room": 2])
    scenario.exchange()
    #expect(scenario.shown(\.anna) == #"{"given":"B","room":2}"#)
    #expect(scenario.versions(\.anna, "name").count == 1)
    #expect(scenario.versions(\.anna, "slot").count == 1)
  }

  @Test func `a removed field stays removed`() {
    var scenario = Scenario(["given": "A", "family": "B", "x_note": "n"])
    scenario.edit(\.anna, ["given": .null, "x_note": .null])
    scenario.exchange()
    #expect(scenario.shown(\.ben) == #"{"family":"B"}"#)
    #expect(scenario.values(\.ben, "x_note") == ["{}"])
  }

  /// Names and stamps change later, on each replica in its own time; nonces never do.
  @Test(arguments: [false, true])
  func `of two creations the one with the smaller nonce counts`(annaIsFirst: Bool) throws {
    var (anna, ben) = (SampleReplica(1), SampleReplica(2))
    anna.edit(Scenario.key, at: 2_000, ["given": "A"])
    ben.edit(Scenario.key, at: 1_000, ["given": "B"])
    let (hers, his) = (
      try #require(anna.document(Scenario.key)), try #require(ben.document(Scenario.key))
    )
    let nonce = { (dot: Dot) -> UInt64? in (dot.replica == anna.id) == annaIsFirst ? 1 : 2 }
    let first = Dot(annaIsFirst ? anna.id : ben.id, 1)
    #expect(hers.joined(with: his, nonce: nonce).origin.dot == first)
    #expect(his.joined(with: hers, nonce: nonce).origin.dot == first)
  }

  @Test func `of two creations without a nonce the earlier counts`() throws {
    var (anna, ben) = (SampleReplica(1), SampleReplica(2))
    anna.edit(Scenario.key, at: 2_000, ["given": "A"])
    ben.edit(Scenario.key, at: 1_000, ["given": "B"])
    let (hers, his) = (
      try #require(anna.document(Scenario.key)), try #require(ben.document(Scenario.key))
    )
    #expect(hers.joined(with: his) { _ in nil }.origin.dot == Dot(ben.id, 1))
    #expect(his.joined(with: hers) { _ in nil }.origin.dot == Dot(ben.id, 1))
  }

  @Test func `of several numbers of arrival the smallest counts`() {
    var scenario = Scenario(["given": "A"])
    #expect(scenario.document(\.anna)?.received == nil)
    scenario.write(\.anna) { document, write in document.receive(number: 7, by: write) }
    scenario.write(\.ben) { document, write in document.receive(number: 4, by: write) }
    scenario.exchange()
    #expect(scenario.document(\.anna)?.received == 4)
    #expect(scenario.document(\.ben)?.received == 4)
    #expect(scenario.shown(\.anna) == #"{"given":"A"}"#)
  }

  @Test func `the latest schema version that wrote a document stays`() {
    var anna = SampleReplica(1)
    var ben = SampleReplica(2)
    anna.write(Scenario.key, at: 1, schemaVersion: 3) { document, write, _ in
      document.receive(number: 1, by: write)
    }
    ben.write(Scenario.key, at: 1, schemaVersion: 2) { document, write, _ in
      document.receive(number: 2, by: write)
    }
    ben.pull(from: anna)
    #expect(ben.document(Scenario.key)?.schemaVersion == 3)
  }

  @Test func `the newest visible write is the last change of the document`() {
    var scenario = Scenario(["given": "A"])
    let dot = scenario.edit(\.ben, ["room": 3])
    scenario.exchange()
    #expect(scenario.document(\.anna)?.newestWrite(Scenario.rules)?.dot == dot)
  }
}
