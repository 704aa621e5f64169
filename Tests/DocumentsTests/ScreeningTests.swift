import Causality
import JSON
import TestSupport
import Testing

@testable import Documents

/// What a part may do to a document whose keeper believes a sender only what it wrote itself.
struct ScreeningTests {
  private let key = DocumentKey(type: "visit", id: .sample(9))
  /// The server's document, and what the sender has of it: the same.
  private let mine: Document
  private var sender = SampleReplica(2)
  private let known: VersionVector

  init() {
    var server = SampleReplica(1)
    server.edit(key, at: 1_000, ["given": .string("A"), "note": .string("kept")])
    server.edit(key, at: 2_000, ["given": .string("B"), "note": .string("kept")])
    sender.edit(DocumentKey(type: "visit", id: .sample(8)), at: 500, ["given": .string("other")])
    sender.pull(from: server)
    (mine, known) = (server.document(key)!, sender.knowledge)
  }

  private func screened(
    _ part: Document, believes: Bool = false, mine: Document?? = .none
  ) -> Document {
    part.screened(
      for: mine ?? self.mine, isNew: { !known.covers($0) }, isBelieved: { _, _ in believes })
  }

  /// What the document says after a part has come.
  private func after(_ part: Document, believes: Bool = false) -> JSONObject {
    mine.joined(with: screened(part, believes: believes)).visibleFields(SampleRules.visit)
  }

  private func text(_ object: JSONObject) -> String { JSONValue.object(object).line }

  private var now: String { text(mine.visibleFields(SampleRules.visit)) }

  /// A version that says something in a unit.
  private func forged(
    _ unit: String, _ value: String, dot: Dot, first: Dot? = nil
  ) -> Version {
    let author = Author(user: .sample(201), device: .sample(101))
    let write = Write(
      dot: dot, first: first ?? dot, stamp: Stamp(milliseconds: 9_999), author: author)
    return Version(write: write, value: [unit: .string(value)])
  }

  @Test func `an ordinary edit passes as it is`() {
    var sender = sender
    sender.edit(key, at: 3_000, ["given": .string("C"), "note": .string("kept")])
    let part = sender.document(key)!.part(since: known)!
    #expect(after(part)["given"]?.stringValue == "C")
    #expect(after(part)["note"]?.stringValue == "kept")
  }

  @Test func `a version of an old transaction that never stood here stays out`() {
    var part = mine
    let old = Dot(sender.id, 1)
    #expect(known.covers(old) && !mine.clock.covers(old))
    part.clock.include(old)
    part.replaceVersions(of: "given", with: [forged("given", "X", dot: old)])
    #expect(text(after(part)) == now)
    // Who is believed may say it.
    #expect(after(part, believes: true)["note"]?.stringValue == "kept")
    #expect(mine.joined(with: part).visibleFields(SampleRules.visit)["given"]?.stringValue == "X")
  }

  @Test func `a known version under another first name takes nothing out`() {
    var part = mine
    part.clock.formUnion(known)
    let standing = mine.versions(of: "note")[0]
    part.units = []
    part.replaceVersions(
      of: "note",
      with: [forged("note", "", dot: standing.write.dot, first: Dot(sender.id, 1))])
    #expect(text(after(part)) == now)
    #expect(mine.joined(with: part).visibleFields(SampleRules.visit)["note"] == nil)
  }

  @Test func `keys of dropped versions take nothing out`() {
    var part = mine
    part.clock.formUnion(known)
    part.units = []
    part.replaceDroppedKeys(
      of: "note", with: [VersionKey(dot: Dot(sender.id, 1), first: Dot(sender.id, 1))])
    #expect(text(after(part)) == now)
    #expect(mine.joined(with: part).versions(of: "note").isEmpty)
  }

  @Test(arguments: ["given", "note", "zzz"])
  func `nothing seems to lack by what a device says was dropped`(unit: String) {
    let new = Dot(sender.id, known[sender.id] + 1)
    for dots in [[new], mine.versions(of: unit).map(\.write.dot)] {
      var part = mine
      part.units = []
      part.clock.include(new)
      part.replaceDroppedKeys(of: unit, with: dots.map { VersionKey(dot: $0, first: $0) })
      let joined = mine.joined(with: screened(part))
      #expect(!joined.lacksContent && text(joined.visibleFields(SampleRules.visit)) == now)
    }
  }

  @Test func `an erasure of an old transaction stays out`() {
    var part = mine
    let standing = mine.versions(of: "note")[0].write
    let deletion = Deletion(
      context: known, knowledge: known, reason: .erasure, cause: nil)
    part.units = []
    part.replaceVersions(
      of: Unit.life,
      with: [
        Version(write: standing, value: [:], details: VersionDetails(deletion: deletion))
      ])
    #expect(!mine.joined(with: screened(part)).isErased)
    #expect(mine.joined(with: part).isErased)
  }

  @Test func `an old origin does not take the place of another`() {
    var part = mine
    let author = Author(user: .sample(201), device: .sample(101))
    part.origin = Origin(
      dot: Dot(sender.id, 1), stamp: Stamp(milliseconds: 1), author: author)
    #expect(screened(part).origin == mine.origin)
  }

  @Test func `nothing is left of what is not there and not believed`() {
    var part = mine
    part.replaceVersions(
      of: "given", with: [forged("given", "X", dot: Dot(sender.id, 1))])
    #expect(screened(part, mine: .some(nil)).units.isEmpty)
    #expect(screened(part, believes: true, mine: .some(nil)).units.count == part.units.count)
  }

  @Test
  func `the value of a dropped version comes back from who is believed, and takes nothing out`() {
    var skeleton = mine
    skeleton.drop(["note"])
    let part = mine
    let without = skeleton.joined(with: screened(part, mine: skeleton))
    #expect(without.lacksVersions(of: "note"))
    let with = skeleton.joined(with: screened(part, believes: true, mine: skeleton))
    #expect(with.visibleFields(SampleRules.visit)["note"]?.stringValue == "kept")
    #expect(with.visibleFields(SampleRules.visit)["given"]?.stringValue == "B")
  }
}
