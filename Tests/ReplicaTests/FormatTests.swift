import Causality
import Documents
import JSON
import Platform
import Replica
import Storage
import TestSupport
import Testing

/// Stores that older programs wrote.
struct FormatTests {
  private let setup: ReplicaSetup
  private let directory: String
  private let cleanUp: CleanUp
  private var root: String { "\(directory)/store" }
  private let files = POSIXFileSystem()

  private final class CleanUp {
    let directory: String
    init(_ directory: String) { self.directory = directory }
    deinit { try? POSIXFileSystem().removeTree(directory) }
  }

  init() throws {
    setup = try ReplicaSetup.system()
    let parent = Host.environment("TMPDIR") ?? "/tmp"
    directory = "\(parent)/satchel-test-\(HexText.text(SystemRandom().bytes(8)))"
    cleanUp = CleanUp(directory)
    try files.createDirectory(directory)
    let fixture = Array("\(#filePath)".utf8)
    let end = fixture.lastIndex(of: UInt8(ascii: "/")) ?? 0
    let folder = String(decoding: fixture[..<end], as: UTF8.self) + "/Fixtures/format-1"
    try files.copyTree(folder, to: root)
    try files.createDirectory("\(root)/staged")
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try files.readFile("\(root)/\(name)"), as: UTF8.self)
  }

  /// Everything that the store of the fixture held, as a person sees it.
  private static let content = [
    "First3 Last3 p3@example.org", "First4 Last4 p4@example.org 555-0104",
    "First6 Last6 p6@example.org", "Lina Late",
  ]

  private func content(_ replica: Replica) throws -> [String] {
    try replica.list(ListQuery(type: "patient")).map { patient in
      ["first_name", "last_name", "email", "phone"].compactMap { patient[$0]?.stringValue }
        .joined(separator: " ")
    }.sorted()
  }

  @Test func `a store of format 1 is brought up to date, and holds what it held`() throws {
    let replica = try setup.open(root, role: .laptop)
    #expect(replica.store.takeUpgradeNotice() == 1)
    #expect(replica.store.takeUpgradeNotice() == nil)
    #expect(try content(replica) == Self.content)
    #expect(try text("store.json").contains(#""format": 2"#))
    #expect(try replica.list(ListQuery(type: "appointment")).count == 1)
    #expect(replica.store.verify().problems == [])
    _ = try replica.checkpoint()
    #expect(replica.store.verify().problems == [])
    replica.store.close()
    let again = try setup.open(root, role: .laptop)
    defer { again.store.close() }
    #expect(again.store.takeUpgradeNotice() == nil)
    #expect(try content(again) == Self.content)
  }

  @Test func `a server's store of format 1 gets a feed at its next checkpoint`() throws {
    let replica = try setup.open(root, role: .server)
    _ = try replica.checkpoint()
    #expect(try files.contents(ofDirectory: "\(root)/feed") == ["00000001.feed"])
    #expect(replica.store.verify().problems == [])
    replica.store.close()
  }

  @Test func `an undo goes back to the files as they were, and what was written since is kept`()
    throws
  {
    let before = try ["manifest.jsonl", "index/00000002.index", "history/00000002.history"]
      .map { try files.readFile("\(root)/\($0)") }
    let replica = try setup.open(root, role: .laptop)
    let id = replica.id
    try replica.transact { (transaction) throws(ReplicaError) in
      try replica.create(
        ["first_name": "After", "last_name": "Wards"], type: "patient", in: &transaction)
    }
    _ = try replica.checkpoint()
    replica.store.close()
    let report = try setup.downgrade(root)
    #expect(report.format == 1)
    #expect(try text("store.json").contains(#""format": 1"#))
    let identity = try JSONValue(parsing: files.readFile("\(root)/store.json")).objectValue
    #expect(identity?["replica"]?.stringValue != id.description)
    #expect(identity?["former_replicas"]?.arrayValue?.last?.stringValue == id.description)
    let after = try ["manifest.jsonl", "index/00000002.index", "history/00000002.history"]
      .map { try files.readFile("\(root)/\($0)") }
    #expect(after == before)
    _ = try setup.restore(backup: report.kept, to: "\(directory)/kept")
    let kept = try setup.open("\(directory)/kept", role: .laptop)
    #expect(try content(kept) == (Self.content + ["After Wards"]).sorted())
    kept.store.close()
    let again = try setup.open(root, role: .laptop)
    defer { again.store.close() }
    #expect(again.store.takeUpgradeNotice() == 1)
    #expect(try content(again) == Self.content)
  }

  @Test func `an undo that was cut off keeps the store closed until it is finished`() throws {
    try setup.open(root, role: .laptop).store.close()
    try files.writeFileDurably("\(root)/upgrade/going-back", [])
    try files.removeTree("\(root)/documents")
    let error = #expect(throws: ReplicaError.self) { try setup.open(root, role: .laptop) }
    #expect("\(try #require(error))".contains("satchel upgrade --undo finishes it"))
    _ = try setup.downgrade(root)
    let replica = try setup.open(root, role: .laptop)
    defer { replica.store.close() }
    #expect(try content(replica) == Self.content)
  }

  @Test func `where nothing older is kept there is nothing to go back to`() throws {
    let replica = try setup.open(root, role: .laptop)
    #expect(try replica.store.forgetOlderFormat())
    #expect(try !replica.store.forgetOlderFormat())
    replica.store.close()
    let error = #expect(throws: ReplicaError.self) { try setup.downgrade(root) }
    #expect("\(try #require(error))".contains("nothing to go back to"))
    let same = try setup.open(root, role: .laptop)
    defer { same.store.close() }
    #expect(try content(same) == Self.content)
  }

  @Test func `a newer format is refused with one line, and nothing is touched`() throws {
    let newer = try text("store.json")
      .replacing(#""format": 1"#, with: #""format": 3"#)
    try files.writeFileDurably("\(root)/store.json", Array(newer.utf8))
    let before = try files.contents(ofDirectory: root)
    let error = #expect(throws: ReplicaError.self) { try setup.open(root, role: .laptop) }
    #expect("\(try #require(error))".contains("format 3 was written by a newer program"))
    #expect(try files.contents(ofDirectory: root) == before)
    #expect(try text("store.json") == newer)
  }
}
