import Documents
import Platform
import Testing

@testable import Server

@Suite final class OutboxTests {
  private let layout: ServerLayout
  private let outbox: Outbox
  private let files = POSIXFileSystem()

  init() throws {
    let place = Host.environment("TMPDIR") ?? "/tmp"
    layout = ServerLayout(root: "\(place)/outbox-\(HexText.text(SystemRandom().bytes(12)))")
    outbox = try Outbox(layout, files)
  }

  deinit { try? files.removeTree(layout.root) }

  private func names(_ path: String) throws -> [String] {
    try files.contents(ofDirectory: path)
  }

  @Test func `a letter is sent when that is noted, and else forgotten`() throws {
    try outbox.send([1], tokenHash: "a") { () throws(ServerError) in
      #expect((try? names(layout.outbox)) == [])
      return true
    }
    try outbox.send([2], tokenHash: "b") { () throws(ServerError) in false }
    #expect(try names(layout.outbox) == ["a.eml"])
    #expect(try names(layout.preparedMail).isEmpty)
  }

  @Test func `what a crash interrupted is sent if it was noted`() throws {
    for hash in ["a", "b"] {
      #expect(throws: ServerError.self) {
        try outbox.send([1], tokenHash: hash) { () throws(ServerError) in
          throw .refused("the power went")
        }
      }
    }
    try files.writeFileDurably("\(layout.preparedMail)/half", [1])
    try outbox.recover { (hash) throws(ServerError) in hash == "b" }
    #expect(try names(layout.outbox) == ["b.eml"])
    #expect(try names(layout.preparedMail).isEmpty)
  }

  @Test func `a program gets a letter once, unless it refuses it`() throws {
    try outbox.send([1], tokenHash: "a") { () throws(ServerError) in true }
    #expect(try outbox.hand("a.eml") { _ in .refused } == .refused)
    #expect(try outbox.waiting() == ["a.eml"])
    #expect(try outbox.hand("a.eml") { _ in .uncertain } == .uncertain)
    #expect(try outbox.waiting().isEmpty)
    #expect(try outbox.uncertain() == ["\(layout.mailBeingSent)/a.eml"])
    try outbox.send([1], tokenHash: "b") { () throws(ServerError) in true }
    #expect(try outbox.hand("b.eml") { _ in .sent } == .sent)
    #expect(try outbox.uncertain().count == 1 && outbox.waiting().isEmpty)
  }
}
