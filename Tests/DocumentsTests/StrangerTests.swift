import Causality
import Documents
import JSON
import TestSupport
import Testing

/// DESIGN, rule 20: fields, units and types that the rules do not name.
struct StrangerTests {
  /// What a later version calls the same type: `room` has a unit of its own with `floor`.
  private static let later = TypeRules(
    type: "visit",
    units: [UnitRule("place", fields: ["room", "floor"]), UnitRule("slot", fields: ["start"])],
    fieldOrder: ["start", "room", "floor"])

  @Test func `an unknown field is a unit of its own and comes last`() {
    let scenario = Scenario(["zeta": 1, "alpha": ["x": 2], "family": "B"])
    #expect(scenario.shown(\.ben) == #"{"family":"B","alpha":{"x":2},"zeta":1}"#)
    #expect(scenario.values(\.ben, "zeta") == [#"{"zeta":1}"#])
  }

  @Test func `a field that lives in another unit is written there`() throws {
    var replica = SampleReplica(1)
    replica.edit(Scenario.key, at: 1, ["room": 1, "floor": 2], Self.later)
    replica.edit(Scenario.key, at: 2, ["room": 5, "floor": 2])
    let document = try #require(replica.document(Scenario.key))
    #expect(document.units.map(\.name) == ["place"])
    #expect(document.versions(of: "place").map(\.value.line) == [#"{"room":5,"floor":2}"#])
  }

  @Test func `a concurrent edit of both versions of a program merges in that unit`() throws {
    var (anna, ben) = (SampleReplica(1), SampleReplica(2))
    anna.edit(Scenario.key, at: 1, ["room": 1, "floor": 2], Self.later)
    ben.pull(from: anna)
    anna.edit(Scenario.key, at: 2, ["room": 1, "floor": 3], Self.later)
    ben.edit(Scenario.key, at: 3, ["room": 5, "floor": 2])
    ben.pull(from: anna)
    let document = try #require(ben.document(Scenario.key))
    #expect(document.units.map(\.name) == ["place"])
    #expect(document.versions(of: "place").count == 2)
  }

  @Test func `documents of an unknown type are merged field by field`() {
    let key = DocumentKey(type: "stranger", id: .sample(3))
    let rules = MergeRules([]).type("stranger")
    var (anna, ben) = (SampleReplica(1), SampleReplica(2))
    anna.edit(key, at: 1, ["a": 1, "b": 1], rules)
    ben.pull(from: anna)
    anna.edit(key, at: 2, ["a": 2, "b": 1], rules)
    ben.edit(key, at: 3, ["a": 1, "b": 2], rules)
    anna.pull(from: ben)
    #expect(anna.document(key)?.visibleFields(rules).line == #"{"a":2,"b":2}"#)
  }

  @Test func `fields that differ only in their bytes are different`() {
    let scenario = Scenario(["é": 1, "e\u{301}": 2])
    #expect(scenario.shown(\.ben) == "{\"e\u{301}\":2,\"é\":1}")
  }
}
