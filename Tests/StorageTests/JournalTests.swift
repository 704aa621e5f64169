import Causality
import Documents
import JSON
import Platform
import Storage
import TestSupport
import Testing

/// What documents no longer hold.
@Suite(.sealedToo) struct JournalTests {
  /// The names that a visit had once, the oldest first.
  private func names(_ visit: Int, _ test: TestStore) throws -> [String] {
    try test.open.replacedVersions(of: TestStore.key(visit)).map { document in
      document.units.flatMap(\.versions).compactMap { $0.value["given"]?.stringValue }.joined()
    }
  }

  /// Visit 1 was called A, B, C, D and E, visit 2 A and B; there were checkpoints at C and D.
  private func sample(seal: any Seal = NoSeal()) throws -> TestStore {
    let test = try TestStore(seal: seal)
    try test.commit([1, 2])
    try test.rename(1, "B")
    try test.rename(1, "C")
    _ = try test.open.checkpoint()
    try test.rename(2, "B")
    try test.rename(1, "D")
    _ = try test.open.checkpoint()
    try test.rename(1, "E")
    return test
  }

  private func path(_ test: TestStore) throws -> String {
    let names = try POSIXFileSystem().contents(ofDirectory: test.layout.journal)
    #expect(names.count == 1)
    return "\(test.layout.journal)/\(try #require(names.first))"
  }

  @Test func `what was replaced is kept, in order, through checkpoints and restarts`() throws {
    let test = try sample()
    for _ in 0..<2 {
      #expect(try names(1, test) == ["A", "B", "C", "D"])
      #expect(try names(2, test) == ["A"])
      #expect(try names(3, test) == [])
      try test.reopened()
    }
    try test.kill()
    #expect(try names(1, test) == ["A", "B", "C", "D"])
    _ = try test.open.checkpoint()
    #expect(try names(1, test) == ["A", "B", "C", "D"])
    #expect(test.verify().problems == [])
  }

  @Test func `a checkpoint that is cut off behind the journal writes nothing twice`() throws {
    let test = try sample()
    let calls = try {
      test.fileSystem.forgetCalls()
      _ = try test.open.checkpoint()
      return test.fileSystem.calls.count
    }()
    for number in 1...calls {
      let test = try sample()
      test.fileSystem.fail(.init(prefix: "", number: number, code: 5, lasts: true))
      _ = try? test.open.checkpoint()
      test.fileSystem.fail(nil)
      try test.kill()
      #expect(try names(1, test) == ["A", "B", "C", "D"], "cut off at call \(number)")
      _ = try test.open.checkpoint()
      #expect(try names(1, test) == ["A", "B", "C", "D"], "cut off at call \(number)")
      #expect(test.verify().problems == [], "cut off at call \(number)")
    }
  }

  @Test func `what belongs to a document without content is taken out`() throws {
    let test = try sample()
    _ = try test.open.checkpoint()
    try test.dropContent(1)
    #expect(try names(2, test) == ["A"])
    _ = try test.open.checkpoint()
    #expect(try names(1, test) == [])
    #expect(try names(2, test) == ["A"])
    let bytes = try test.bytes(path(test))
    for (visit, isThere) in [(1, false), (2, true)] {
      #expect(bytes.contains(Array(#""id":"\#(UniqueID.sample(visit))""#.utf8)) == isThere)
    }
    #expect(test.verify().problems == [])
  }

  @Test func `each flipped byte is found, and a repair keeps what is whole`() throws {
    let test = try sample()
    let path = try path(test)
    let count = try test.bytes(path).count
    test.close()
    for offset in stride(from: 0, to: count, by: 7) {
      try test.flip(path, at: offset)
      #expect(test.verify().problems.contains { $0.file == path }, "byte \(offset)")
      try test.flip(path, at: offset)
    }
    // In the first record: the others are whole.
    try test.flip(path, at: 60)
    #expect(throws: StorageError.self) { try names(1, test) }
    #expect(try test.open.read { try $0.documents(ofType: "visit") }.count == 2)
    test.close()
    let report = try Repairer(layout: test.layout, environment: test.environment).repair()
    #expect(report.quarantined.count == 1 && report.lost.isEmpty && !report.isRenewed)
    #expect(try names(1, test) == ["B", "C", "D"])
    #expect(try names(2, test) == ["A"])
    #expect(test.verify().problems == [])
  }

  @Test func `a journal that is gone is told of, and the store goes on`() throws {
    let test = try sample()
    try POSIXFileSystem().removeFile(path(test))
    #expect(throws: StorageError.self) { try names(1, test) }
    try test.rename(2, "C")
    #expect(throws: StorageError.self) { try test.open.checkpoint() }
    #expect(!test.verify().isOK)
    _ = try Repairer(layout: test.layout, environment: test.environment).repair()
    #expect(try names(2, test) == ["B"])
    #expect(test.verify().problems == [])
  }

  @Test func `a backup has the journal`() throws {
    let test = try sample()
    let backup = test.layout.root + "-backup"
    let restored = test.layout.root + "-restored"
    _ = try test.open.backup(to: backup)
    _ = try Store.restore(backup: backup, to: restored, environment: test.environment)
    let store = try Store.open(at: restored, environment: test.environment)
    defer { store.close() }
    #expect(try store.replacedVersions(of: TestStore.key(1)).count == 4)
  }
}
