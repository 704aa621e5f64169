import Documents
import Platform
import Storage
import TestSupport
import Testing

/// The documents of a server in the order of their arrival.
@Suite(.sealedToo) struct FeedTests {
  private let fileSystem = RecordingFileSystem()
  private let test: TestStore

  init() throws {
    test = try TestStore(fileSystem: fileSystem, keepsFeed: true)
    try test.commit([3, 1, 4])
    _ = try test.open.checkpoint()
    try test.commit([5, 9])
    _ = try test.open.checkpoint()
  }

  /// The documents in the order of arrival, as somebody reads them who fetches all.
  private static func fetched(_ store: Store) throws -> [String] {
    let tables = store.snapshot()
    return try tables.arrivals(after: 0, limit: .max).map { entry in
      try tables.documents([entry])[0].text()
    }
  }

  private func feedFiles() throws -> [String] {
    try POSIXFileSystem().contents(ofDirectory: test.layout.feed).sorted()
      .map { "\(test.layout.feed)/\($0)" }
  }

  @Test func `a document whose file is missing is told where the feed is read`() throws {
    let test = try TestStore()
    try test.commit([1, 2, 3])
    _ = try test.open.checkpoint()
    try test.reopened()
    try POSIXFileSystem().removeFile(test.layout.file(of: TestStore.key(2)))
    let tables = try test.open.snapshot()
    let entries = try tables.arrivals(after: 0, limit: 10)
    let error = #expect(throws: StorageError.self) { try tables.documents(entries) }
    #expect(error?.code == .corrupt && error?.problem == "is missing")
  }

  @Test func `all documents are fetched in their order without opening their files`() throws {
    let expected = try [3, 1, 4, 5, 9].map { visit in
      try #require(test.replica.document(TestStore.key(visit))).text()
    }
    let store = try test.reopened()
    let before = fileSystem.calls.count
    #expect(try Self.fetched(store) == expected)
    let read = Set(fileSystem.calls[before...].filter { $0.hasPrefix("read") })
      .filter { !$0.hasSuffix(".index") }
    #expect(read == ["read 00000001.feed"])
  }

  @Test func `what is superseded goes once it is more than half, and its file with it`() throws {
    let first = try feedFiles()
    for name in ["B", "C"] {
      try test.commit([3, 1, 4, 5, 9], name)
      _ = try test.open.checkpoint()
    }
    let second = try feedFiles()
    #expect(first.count == 1 && second.count == 1 && first != second)
    let size = { (path: String) in try test.bytes(path).count }
    let recordSize = try #require(test.replica.document(TestStore.key(3))).text().utf8.count
    #expect(try size(second[0]) < 7 * (recordSize + 100))
    let expected = try [3, 1, 4, 5, 9].map { visit in
      try #require(test.replica.document(TestStore.key(visit))).text()
    }
    #expect(try Self.fetched(test.reopened()) == expected)
  }

  @Test
  func `whatever byte is flipped, the right documents are fetched, and it is reported and healed`()
    throws
  {
    let path = try #require(try feedFiles().first)
    let state = try test.state()
    test.close()
    let count = try test.bytes(path).count
    for offset in stride(from: 0, to: count, by: 31) {
      try test.flip(path, at: offset)
      let problems = test.verify().problems
      #expect(!problems.isEmpty && problems.allSatisfy { $0.file == path }, "byte \(offset)")
      try test.reopened()
      #expect(try test.state() == state, "byte \(offset)")
      test.close()
      try test.flip(path, at: offset)
    }
    try test.flip(path, at: count / 2)
    let damaged = try test.bytes(path)
    let report = try Repairer(layout: test.layout, environment: test.environment).repair()
    #expect(report.lost.isEmpty && !report.isRenewed)
    #expect(try report.quarantined.map(test.kept) == [damaged])
    #expect(test.verify().isOK)
    #expect(try feedFiles() != [path] && feedFiles().count == 1)
  }

  @Test(arguments: ["removed", "cut", "another's"])
  func `a feed that is missing or another's is made anew`(damage: String) throws {
    let state = try test.state()
    test.close()
    let path = try #require(try feedFiles().first)
    let bytes = try test.bytes(path)
    switch damage {
    case "removed": try POSIXFileSystem().removeTree(test.layout.feed)
    case "cut": try test.put(Array(bytes.dropLast()), path)
    default: try test.put(Array(bytes[..<8] + [1, 2, 3, 4, 5, 6, 7, 8] + bytes[16...]), path)
    }
    try test.reopened()
    #expect(try test.state() == state)
    try test.commit([2], "late")
    _ = try test.open.checkpoint()
    #expect(test.verify().isOK)
    let store = try test.reopened()
    let before = fileSystem.calls.count
    #expect(try Self.fetched(store).count == 6)
    let read = Set(fileSystem.calls[before...].filter { $0.hasPrefix("read") })
      .filter { !$0.hasSuffix(".index") }
    #expect(!read.isEmpty && read.allSatisfy { $0.hasSuffix(".feed") })
  }

  @Test func `what a checkpoint left that was cut off is written over`() throws {
    let path = try #require(try feedFiles().first)
    let bytes = try test.bytes(path)
    test.close()
    try test.put(bytes + Array(repeating: 7, count: 5000), path)
    #expect(test.verify().isOK)
    try test.reopened()
    try test.commit([6])
    _ = try test.open.checkpoint()
    #expect(try Array(test.bytes(path).prefix(bytes.count)) == bytes)
    #expect(try test.bytes(path).count < bytes.count + 5000)
    #expect(test.verify().isOK)
  }

  @Test func `a laptop keeps none`() throws {
    let laptop = try TestStore()
    try laptop.commit([1])
    _ = try laptop.open.checkpoint()
    #expect(try POSIXFileSystem().status(laptop.layout.feed) == nil)
  }

  @Test func `a scrub finds a damaged document in it`() throws {
    let path = try #require(try feedFiles().first)
    try test.flip(path, at: 100)
    let store = try test.open
    var cursor = ScrubCursor()
    for _ in 0..<100 where cursor.rounds == 0 {
      store.scrub(&cursor)
      cursor = ScrubCursor(cursor.bytes)
    }
    #expect(cursor.rounds == 1 && store.found.map(\.file) == [path])
  }
}
