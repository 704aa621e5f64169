import Causality
import Documents
import JSON
import TestSupport
import Testing

/// What a server writes in place of what it refused (DESIGN, rule 21).
@Suite struct PutBackTests {
  private let server = Write(
    dot: Dot(.sample(9), 1), stamp: Stamp(milliseconds: 1_900_000_000_000),
    author: Author(user: nil, device: .sample(109)))
  private let knowledge = VersionVector()

  /// A visit as a push brings it.
  private func visit(_ fields: JSONObject) throws -> Document {
    var anna = SampleReplica(1)
    var fields = fields
    fields["x_note"] = "refused"
    anna.edit(Scenario.key, at: 1_000, fields)
    return try #require(anna.document(Scenario.key))
  }

  private func withoutNote(_ document: Document) -> Document {
    Document(
      key: document.key, clock: document.clock, origin: document.origin, schemaVersion: 1,
      units: document.units.filter { $0.name != "x_note" })
  }

  @Test func `a creation of which something came by right stays`() throws {
    var document = withoutNote(try visit(["given": "A", "family": "B"]))
    let isPutBack = document.putBack(["x_note"], before: nil, knowledge: knowledge, by: server)
    #expect(isPutBack)
    #expect(!document.isDeleted { _ in true } && document.hasContent)
    #expect(document.versions(of: "x_note").map(\.isPutBack) == [true])
  }

  @Test func `a creation of which nothing is left is deleted`() throws {
    var document = withoutNote(try visit([:]))
    let isPutBack = document.putBack(["x_note"], before: nil, knowledge: knowledge, by: server)
    #expect(isPutBack)
    #expect(document.isDeleted { _ in true } && !document.hasContent)
  }

  @Test func `beside what anybody wrote it says nothing`() throws {
    let document = try visit(["given": "A", "family": "B"])
    var putBack = withoutNote(document)
    _ = putBack.putBack(["x_note"], before: nil, knowledge: knowledge, by: server)
    var ben = SampleReplica(2)
    ben.edit(Scenario.key, at: 2_000, ["x_note": "by right"])
    let other = try #require(ben.document(Scenario.key))
    for joined in [putBack.joined(with: other), other.joined(with: putBack)] {
      let versions = joined.versions(of: "x_note")
      let rule = SampleRules.visit.unit(named: "x_note")
      #expect(versions.count == 2 && !rule.isConcurrent(versions))
      #expect(rule.shown(of: versions)?.write.dot == Dot(.sample(2), 1))
      // What was refused goes, whoever has it beside what others wrote.
      let refused = document.joined(with: other)
      let part = try #require(joined.part(since: refused.clock))
      #expect(refused.joined(with: part).bytes() == joined.bytes())
    }
    #expect(document.joined(with: putBack).bytes() == putBack.bytes())
    var edited = putBack.joined(with: other)
    let write = Write(dot: Dot(.sample(2), 2), stamp: server.stamp, author: ben.author)
    let isWritten = edited.set(
      UnitValue(unit: "x_note", value: ["x_note": "later"]), by: write, SampleRules.visit)
    #expect(isWritten && edited.versions(of: "x_note").map(\.write.dot) == [write.dot])
  }

  @Test func `it is no edit, and nothing that is dropped`() throws {
    var document = withoutNote(try visit(["given": "A", "family": "B"]))
    let seen = document.clock
    _ = document.putBack(["x_note"], before: nil, knowledge: knowledge, by: server)
    #expect(document.hasContentSeen(by: seen))
    document.dropContent()
    #expect(!document.hasContent && document.lacksContent)
    #expect(document.dropped.allSatisfy { $0.name != "x_note" })
    #expect(document.versions(of: "x_note").map(\.isPutBack) == [true])
    var ben = SampleReplica(2)
    ben.edit(Scenario.key, at: 2_000, ["x_note": "by right"])
    var skeleton = try #require(ben.document(Scenario.key))
    skeleton.dropContent()
    for joined in [document.joined(with: skeleton), skeleton.joined(with: document)] {
      #expect(joined.versions(of: "x_note").map(\.isPutBack) == [true])
      #expect(joined.blankUnits.contains("x_note"))
    }
  }

  @Test func `it is written and read as what it is`() throws {
    var document = withoutNote(try visit(["given": "A", "family": "B"]))
    _ = document.putBack(["x_note"], before: nil, knowledge: knowledge, by: server)
    let text = String(decoding: document.bytes(), as: UTF8.self)
    #expect(text.contains(#""unit":"x_note","value":{},"put_back":true"#))
    let read = { (text: String) in
      try DocumentDecoder().decode(
        try #require(try JSONValue(parsing: Array(text.utf8)).objectValue))
    }
    #expect(try read(text).bytes() == document.bytes())
    #expect(throws: DocumentCodecError.self) {
      try read(
        text.replacing(#""value":{},"put_back""#, with: #""value":{"x_note":"n"},"put_back""#))
    }
  }
}
