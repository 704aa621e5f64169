import Causality
import JSON
import TestSupport
import Testing

@testable import Documents

struct DocumentCodecTests {
  private static let author = Author(user: .sample(8), device: .sample(9))

  private static func write(_ number: Int, at milliseconds: UInt64 = 1_700_000_000_000) -> Write {
    Write(
      dot: Dot(.sample(number), 1), stamp: Stamp(milliseconds: milliseconds, counter: 3),
      author: author)
  }

  private static func document(_ units: [Unit]) -> Document {
    let dots = units.flatMap(\.versions).map { ($0.write.dot.replica, $0.write.dot.number) }
    return Document(
      key: Scenario.key, clock: VersionVector(dots),
      origin: Origin(dot: Dot(.sample(1), 1), stamp: Stamp(milliseconds: 1), author: author),
      schemaVersion: 4, units: units)
  }

  private static func version(_ number: Int, _ value: JSONObject) -> Version {
    Version(write: write(number), value: value)
  }

  /// Encodes, prints, parses and decodes.
  private static func roundTrip(_ document: Document) throws -> Document {
    var encoder = DocumentEncoder(embedsTable: true)
    return try DocumentDecoder().decode(try encoder.object(document, SampleRules.visit))
  }

  /// All of a document's content, whatever the encoder shows at the top level.
  private static func content(_ document: Document) -> [String] {
    document.units.flatMap { unit in
      unit.versions.map { version in
        let details = version.details
        let deletion = details?.deletion
        return
          "\(unit.name) \(version.key) \(version.write.stamp) \(version.write.author) "
          + "\(version.value.line) \(details?.seen ?? []) \(details?.replaced?.line ?? "-") "
          + "\(deletion.map { "\($0)" } ?? "-")"
      }
    } + [
      "\(document.clock.entries) \(document.origin) \(document.schemaVersion) \(document.key)"
    ]
  }

  @Test(arguments: 0..<100)
  func `a document is read back from its file`(seed: Int) throws {
    let history = RandomHistory(seed: seed)
    for state in RandomHistory.keys.flatMap({ history.states(of: $0) }) {
      let back = try Self.roundTrip(state.document)
      #expect(back.bytes() == state.document.bytes())
      #expect(Self.content(back) == Self.content(state.document))
    }
  }

  @Test(arguments: 0..<50)
  func `documents are read back from a stream with one table of ids`(seed: Int) throws {
    let history = RandomHistory(seed: seed)
    let documents = RandomHistory.keys.flatMap { history.states(of: $0) }.map(\.document)
    var encoder = DocumentEncoder(embedsTable: false)
    let objects = try documents.map { try encoder.object($0, SampleRules.visit) }
    #expect(Set(encoder.table.ids).count == encoder.table.ids.count)
    let decoder = DocumentDecoder(table: encoder.table)
    for (document, object) in zip(documents, objects) {
      #expect(object["_sync"]?.objectValue?["ids"] == nil)
      #expect(Self.content(try decoder.decode(object)) == Self.content(document))
    }
  }

  @Test func `the visible fields stand at the top, in schema order, then _sync`() throws {
    let scenario = Scenario([
      "zeta": 1, "contacts": ["home": 1], "tags": ["a"], "urgent": true, "room": 2,
      "start": "2026", "status": "planned", "family": "B", "given": "A", "alpha": 2,
    ])
    var encoder = DocumentEncoder(embedsTable: true)
    let document = try #require(scenario.document(\.anna))
    #expect(
      try encoder.object(document, SampleRules.visit).keys == [
        "id", "type", "given", "family", "status", "start", "room", "urgent", "tags", "contacts",
        "alpha", "zeta", "_sync",
      ])
  }

  @Test func `a file is what the format says`() throws {
    let value = Self.version(2, ["given": "A", "family": "B"])
    let text = Self.document([Unit(name: "name", versions: [value])]).text()
    #expect(
      text.hasPrefix(
        #"{"id":"\#(UniqueID.sample(1))","type":"visit","given":"A","family":"B","_sync":{"#))
    let object = try #require(try JSONValue(parsing: Array(text.utf8)).objectValue)
    let sync = try #require(object["_sync"]?.objectValue)
    #expect(sync["schema"]?.intValue == 4)
    #expect(sync["clock"]?.line == "[[0,1]]")
    #expect(sync["origin"]?.line == #"{"dot":[1,1],"at":"1970-01-01T00:00:00.001Z","by":[2,3]}"#)
    #expect(
      sync["writes"]?.line
        == #"[{"dot":[0,1],"at":"2023-11-14T22:13:20.000Z/3","by":[2,3],"#
        + #""units":[["name","given","family"]]}]"#)
    #expect(sync["ids"]?.arrayValue?.count == 4)
  }

  @Test func `siblings and what a version carries are kept`() throws {
    var scenario = Scenario(["status": "planned", "start": "a", "given": "A"])
    scenario.edit(\.anna, ["start": "b", "given": "B"])
    scenario.edit(\.ben, ["status": "confirmed", "start": "c", "given": "C"])
    scenario.exchange()
    scenario.delete(
      \.ben, cause: DeleteCause(document: Scenario.key, dot: Dot(.sample(1), 1)),
      reason: .retention)
    let document = try #require(scenario.document(\.ben))
    let back = try Self.roundTrip(document)
    #expect(Self.content(back) == Self.content(document))
    #expect(back.versions(of: "name").count == 2)
    #expect(back.versions(of: Unit.life).first?.details?.deletion?.reason == .retention)
  }

  @Test func `versions that were written anew keep their first dot`() throws {
    let old = Dot(.sample(5), 3)
    let anew = Write(
      dot: Dot(.sample(1), 1), first: old, stamp: Stamp(milliseconds: 7), author: Self.author)
    let both = [
      Version(write: anew, value: ["given": "A"]),
      Version(
        write: Write(
          dot: anew.dot, first: Dot(.sample(6), 1), stamp: Stamp(milliseconds: 8),
          author: Self.author),
        value: ["given": "B"]),
    ]
    let document = Self.document([Unit(name: "name", versions: both)])
    let back = try Self.roundTrip(document)
    #expect(Self.content(back) == Self.content(document))
    #expect(back.versions(of: "name").map(\.write.first).contains(old))
  }

  @Test func `units that claim the same field keep their own values`() throws {
    let document = Self.document([
      Unit(name: "a", versions: [Self.version(1, ["room": 1, "x": 1])]),
      Unit(name: "b", versions: [Self.version(2, ["room": 2])]),
      Unit(name: "c", versions: [Self.version(3, ["room": ["x": 1]])]),
      Unit(name: "d", versions: [Self.version(4, ["list": [1]])]),
      Unit(name: "e", versions: [Self.version(5, ["list": [2]])]),
      Unit(name: "f", versions: [Self.version(6, ["map": ["k": 1]])]),
      Unit(name: "g", versions: [Self.version(7, ["map": ["k": 2]])]),
    ])
    #expect(Self.content(try Self.roundTrip(document)) == Self.content(document))
  }

  @Test func `units of elements and names with a slash keep their values`() throws {
    let document = Self.document([
      Unit(name: "tags", versions: [Self.version(1, ["tags": []])]),
      Unit(name: "tags/a/b", versions: [Self.version(2, ["tags": ["a/b"]])]),
      Unit(name: "tags/gone", versions: [Self.version(3, JSONObject())]),
      Unit(name: "tags/", versions: [Self.version(4, ["tags": [""]])]),
      Unit(name: "tags/two", versions: [Self.version(5, ["tags": ["two", "three"]])]),
      Unit(name: "contacts/a/b", versions: [Self.version(6, ["contacts": ["a/b": 1]])]),
      Unit(name: "contacts/x", versions: [Self.version(7, ["contacts": ["y": 1]])]),
      Unit(name: "p/q", versions: [Self.version(8, ["p/q": 1])]),
      Unit(name: "p", versions: [Self.version(9, ["p": ["q": 5]])]),
      Unit(name: "é", versions: [Self.version(10, ["é": 1])]),
      Unit(name: "e\u{301}", versions: [Self.version(11, ["e\u{301}": 2])]),
    ])
    #expect(Self.content(try Self.roundTrip(document)) == Self.content(document))
  }

  @Test(arguments: ["id", "type", "_sync"])
  func `a field that has the name of the document's own is kept apart`(name: String) throws {
    let document = Self.document([
      Unit(name: "x", versions: [Self.version(1, JSONObject([(name, "mine"), ("x", 1)]))]),
      Unit(name: name + "/e", versions: [Self.version(2, JSONObject([(name, .array(["e"]))]))]),
      Unit(name: "name", versions: [Self.version(3, ["given": "A"])]),
    ])
    #expect(Self.content(try Self.roundTrip(document)) == Self.content(document))
  }

  @Test(arguments: [
    "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z/1", "2026-01-02T03:04:05.678Z/65535",
  ])
  func `a stamp is read back from its text`(text: String) {
    #expect(StampText.stamp(text).map(StampText.text) == text)
  }

  @Test(arguments: [
    "", "/1", "2026-01-02T03:04:05.678Z/", "2026-01-02T03:04:05.678Z/65536",
    "2026-01-02T03:04:05.678Z/+1", "2026-01-02T03:04:05.678Z/-0", "2026-01-02T03:04:05.678Z/1/1",
    "2026-01-02T03:04:05.678Z/x",
  ])
  func `what is no stamp is refused`(text: String) {
    #expect(StampText.stamp(text) == nil)
  }
}
