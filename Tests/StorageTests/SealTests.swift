import Documents
import JSON
import Platform
import Storage
import TestSupport
import Testing

/// Makes content unreadable enough to see what passes by, and notes what a piece was sealed as. Not
/// secret.
private struct SampleSeal: Seal {
  var key: UInt8 = 0x5a
  private static let noteByteCount = 24
  var overhead: Int { Self.noteByteCount + 4 }

  func sealed(_ content: [UInt8], as piece: SealedPiece) -> [UInt8] {
    content.map { $0 ^ key ^ 0xff } + [1, 2, 3, key] + note(piece)
  }

  func opened(_ bytes: [UInt8], as piece: SealedPiece) -> [UInt8]? {
    guard bytes.count >= overhead, Array(bytes.suffix(Self.noteByteCount)) == note(piece),
      bytes[bytes.count - overhead + 3] == key
    else { return nil }
    return bytes.dropLast(overhead).map { $0 ^ key ^ 0xff }
  }

  private func note(_ piece: SealedPiece) -> [UInt8] {
    Array(sampleDigest(Array("\(piece)".utf8)).prefix(Self.noteByteCount))
  }
}

/// Every record and file of a store passes through its seal.
struct SealTests {
  private let test: TestStore

  init() throws {
    test = try TestStore(keepsFeed: true, seal: SampleSeal())
    try test.commit([1, 2, 3], "Secret")
    _ = try test.open.checkpoint()
    try test.commit([2, 4], "Secret")
    try Stage("pull", in: test.open).put(Array("Secret page".utf8), number: 0)
  }

  @Test func `nothing that was written can be read on the disk`() throws {
    test.close()
    for name in try test.files()
    where !["store.json", "store.copy.json", "LOCK", "reserve"].contains(name) {
      let text = String(decoding: try test.bytes("\(test.layout.root)/\(name)"), as: UTF8.self)
      for word in ["Secret", "_sync", "visit", "\"given\"", "format"] {
        #expect(!text.contains(word), "\(word) in \(name)")
      }
    }
    #expect(try test.files().contains { $0.hasPrefix("feed/") })
    #expect(try test.files().contains { $0.hasPrefix("staged/") })
  }

  @Test func `a sealed store is opened, verified, backed up and restored like any other`() throws {
    let state = try test.state()
    #expect(test.verify().isOK)
    try test.reopened()
    #expect(try test.state() == state)
    #expect(try Stage("pull", in: test.open).page(0) == Array("Secret page".utf8))
    let backup = test.layout.root + "-backup"
    let restored = test.layout.root + "-restored"
    #expect(try test.open.backup(to: backup) == 4)
    _ = try Store.restore(backup: backup, to: restored, environment: test.environment)
    let copy = try Store.open(at: restored, environment: test.environment)
    defer { copy.close() }
    #expect(try TestStore.state(of: copy.snapshot()) == state)
    _ = try copy.checkpoint()
    #expect(copy.verify().isOK)
  }

  @Test(arguments: ["index", "history", "manifest.jsonl"])
  func `what can be made anew is, in a sealed store too`(name: String) throws {
    _ = try test.open.checkpoint()
    let before = try test.open.snapshot().documents(ofType: "visit").map { $0.text() }
    test.close()
    try POSIXFileSystem().removeTree("\(test.layout.root)/\(name)")
    let report = try Repairer(layout: test.layout, environment: test.environment).repair()
    #expect(report.lost.isEmpty)
    #expect(test.verify().isOK)
    try test.reopened()
    #expect(try test.open.snapshot().documents(ofType: "visit").map { $0.text() } == before)
  }

  @Test func `what was sealed as something else is damage, also where all checksums hold`() throws {
    _ = try test.open.checkpoint()
    test.close()
    let first = test.layout.file(of: TestStore.key(1))
    try test.put(try test.bytes(test.layout.file(of: TestStore.key(2))), first)
    // Without an index, only the seal can tell.
    try POSIXFileSystem().removeTree(test.layout.index)
    let report = try Repairer(layout: test.layout, environment: test.environment).repair()
    #expect(report.lost == [TestStore.key(1)])
  }

  @Test func `another seal opens nothing and changes nothing`() throws {
    test.close()
    let names = try test.files()
    let before = try names.map { try test.bytes("\(test.layout.root)/\($0)") }
    for seal: any Seal in [NoSeal(), SampleSeal(key: 7)] {
      test.seal = seal
      let error = #expect(throws: StorageError.self) { try test.reopened() }
      #expect(error?.code == .corrupt)
      #expect(try test.files() == names)
      #expect(try names.map { try test.bytes("\(test.layout.root)/\($0)") } == before)
    }
  }
}
