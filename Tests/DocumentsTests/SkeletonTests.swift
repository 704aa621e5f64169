import Causality
import JSON
import TestSupport
import Testing

@testable import Documents

/// Documents whose content was dropped (DESIGN, rules 8, 10 and 11).
@Suite struct SkeletonTests {
  private let cause = DeleteCause(
    document: DocumentKey(type: "visit", id: .sample(9)), dot: Dot(.sample(9), 1))

  /// Anna has written a note that Ben has not seen.
  private func unseenNote() -> Scenario {
    var scene = Scenario(["status": "unconfirmed", "note": "first"])
    scene.edit(\.anna, ["note": "unseen"])
    return scene
  }

  @Test func `a delete must have seen what was dropped`() throws {
    var scene = unseenNote()
    scene.delete(\.anna, cause: cause)
    scene.delete(\.ben)
    let (anna, ben) = (try #require(scene.document(\.anna)), try #require(scene.document(\.ben)))
    for (a, b) in [(anna, ben), (ben, anna)] {
      var skeleton = a.joined(with: b)
      #expect(skeleton.isDeleted { _ in true } && !skeleton.isDeleted { _ in false })
      skeleton.dropContent()
      #expect(skeleton.isDeleted { _ in true } && !skeleton.isDeleted { _ in false })
    }
    var skeleton = anna
    skeleton.dropContent()
    let joined = skeleton.joined(with: try #require(ben.part(since: anna.clock)))
    #expect(!joined.isDeleted { _ in false } && joined.lacksVersions(of: "note"))
  }

  @Test func `a copy that never had a version lacks it, and gets it from whoever has`() throws {
    let scene = unseenNote()
    let (whole, old) = (try #require(scene.document(\.anna)), try #require(scene.document(\.ben)))
    var skeleton = whole
    skeleton.dropContent()
    let lacking = old.joined(with: skeleton)
    #expect(lacking.lacksVersions(of: "note") && lacking.isBlank("note"))
    // The status was seen by both: it is there.
    #expect(!lacking.lacksVersions(of: "status") && lacking.hasContent)
    #expect(bytes(skeleton.joined(with: old)) == bytes(lacking))
    #expect(bytes(lacking.joined(with: whole)) == bytes(whole))
    #expect(bytes(whole.joined(with: lacking)) == bytes(whole))
    #expect(bytes(skeleton.joined(with: whole)) == bytes(whole))
  }

  @Test func `siblings of which some were dropped travel and are read`() throws {
    var scene = unseenNote()
    scene.edit(\.ben, ["note": "at the same time"])
    var skeleton = try #require(scene.document(\.anna))
    skeleton.dropContent()
    let mixed = try #require(scene.document(\.ben)).joined(with: skeleton)
    #expect(mixed.versions(of: "note").count == 1 && mixed.lacksVersions(of: "note"))
    #expect(!mixed.lacksUnits)
    #expect(bytes(try read(mixed)) == bytes(mixed))
    var other = mixed
    other.clock.include(Dot(.sample(7), 1))
    #expect(other.part(since: mixed.clock)?.versions(of: "note").count == 1)
    var rewritten = mixed
    rewritten.rewrite("note", as: Dot(.sample(7), 1))
    #expect(!rewritten.lacksContent)
  }

  @Test func `of what was dropped nothing old is taken, unless there is nothing else`() throws {
    let scene = unseenNote()
    let old = try #require(scene.document(\.ben))
    var skeleton = try #require(scene.document(\.anna))
    skeleton.dropContent()
    var joined = skeleton
    #expect(joined.join(old, nonce: SampleReplica.nonce).contains("note"))
    #expect(joined.isBlank("note"))
    joined.takeBlank("note", from: old)
    #expect(joined.versions(of: "note").map(\.value.line) == [#"{"note":"first"}"#])
    // Who brought it had never seen the later one.
    #expect(joined.lacksVersions(of: "note"))
  }

  @Test(arguments: [
    #""note""#, #"{"note":[]}"#, #"{"note":[[]]}"#, #"{"note":[[[0,1],[0,1],[0,1]]]}"#,
    #"{"status":[[[0,1]]]}"#, #"{"_life":[[[0,1]]]}"#, #"{"note":[[[0,0]]]}"#,
  ])
  func `what names no content that is gone is not read`(dropped: String) throws {
    let scene = Scenario(["status": "unconfirmed"])
    let text = bytes(try #require(scene.document(\.anna)))
      .replacing(#""origin""#, with: #""dropped":\#(dropped),"origin""#)
    let object = try #require(try JSONValue(parsing: Array(text.utf8)).objectValue)
    #expect(throws: DocumentCodecError.self) { try DocumentDecoder().decode(object) }
  }

  /// Older programs wrote names only.
  @Test func `names alone are read with the creation for their keys`() throws {
    let scene = Scenario(["status": "unconfirmed"])
    let document = try #require(scene.document(\.anna))
    let text = bytes(document)
      .replacing(#""origin""#, with: #""dropped":["note","status","_life"],"origin""#)
    let object = try #require(try JSONValue(parsing: Array(text.utf8)).objectValue)
    let read = try DocumentDecoder().decode(object)
    let creation = VersionKey(dot: document.origin.dot, first: document.origin.dot)
    #expect(read.dropped == [DroppedUnit(name: "note", keys: [creation])])
  }

  @Test func `beside what was dropped nothing stays that was refused`() throws {
    var scene = unseenNote()
    let refused = scene.edit(\.ben, ["note": "refused"])
    var skeleton = try #require(scene.document(\.anna))
    skeleton.dropContent()
    let written = try #require(scene.document(\.ben))
    var joined = written.joined(with: skeleton)
    joined.keepBlank("note", from: written)
    joined.remove([refused])
    #expect(joined.isBlank("note") && joined.lacksVersions(of: "note"))
    #expect(joined.hasContent)
  }

  @Test func `keys get the other names of their transactions`() throws {
    var skeleton = try #require(unseenNote().document(\.anna))
    skeleton.dropContent()
    let names = Relabelling(
      replica: try #require(skeleton.clock.entries.first).replica, shared: 0, branch: .sample(8))
    let renamed = skeleton.relabelled(names)
    #expect(renamed.dropped.allSatisfy { $0.keys.allSatisfy { $0.dot.replica == .sample(8) } })
    #expect(!renamed.dropped.isEmpty)
  }

  private func bytes(_ document: Document) -> String {
    var bytes: [UInt8] = []
    var encoder = DocumentEncoder(embedsTable: true)
    encoder.encode(document, Scenario.rules, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func read(_ document: Document) throws -> Document {
    let value = try JSONValue(parsing: Array(bytes(document).utf8))
    return try DocumentDecoder().decode(try #require(value.objectValue))
  }
}
