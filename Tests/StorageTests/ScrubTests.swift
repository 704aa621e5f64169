import Documents
import Platform
import Storage
import TestSupport
import Testing

@Suite(.sealedToo) struct ScrubTests {
  private let test: TestStore

  init() throws {
    test = try TestStore()
    for first in stride(from: 1, to: 300, by: 50) {
      try test.commit(Array(first..<first + 50), "A")
    }
    _ = try test.open.checkpoint()
  }

  /// Scrubs the whole store once.
  /// - Returns: how many pieces that took.
  private func scrub(_ store: Store) -> Int {
    var cursor = ScrubCursor()
    var pieces = 0
    while cursor.rounds == 0, pieces < 1000 {
      store.scrub(&cursor)
      cursor = ScrubCursor(cursor.bytes)
      pieces += 1
    }
    return pieces
  }

  @Test func `a whole store is read in as many pieces as told, and nothing is found`() throws {
    let store = try test.open
    let pieces = scrub(store)
    #expect(pieces > 4 && pieces <= store.scrubPieceCount)
    #expect(store.found == [])
  }

  @Test(arguments: [1, 64, 65, 300]) func `a damaged file is found, wherever it stands`(
    visit: Int
  ) throws {
    let path = test.layout.file(of: TestStore.key(visit))
    try test.flip(path, at: 40)
    let store = try test.open
    _ = scrub(store)
    #expect(store.found.map(\.file) == [path])
    _ = scrub(store)
    #expect(store.found.count == 1)
  }

  @Test func `a damaged page of the index is found`() throws {
    let name = try #require(
      POSIXFileSystem().contents(ofDirectory: test.layout.index).first)
    let path = "\(test.layout.index)/\(name)"
    try test.flip(path, at: 5000)
    let store = try test.open
    _ = scrub(store)
    #expect(store.found.map(\.file) == [path] && store.found.map(\.offset) == [4096])
  }

  @Test func `what was replaced meanwhile is no damage`() throws {
    let store = try test.open
    var cursor = ScrubCursor()
    store.scrub(&cursor)
    try test.commit([70, 71], "B")
    try test.flip(test.layout.file(of: TestStore.key(70)), at: 40)
    while cursor.rounds == 0 { store.scrub(&cursor) }
    #expect(store.found == [])
    _ = try store.checkpoint()
    _ = scrub(store)
    #expect(store.found == [])
  }

  @Test func `everything is read in seven days, with a hundredth of a core`() {
    #expect(ScrubSchedule.pause(pieces: 7 * 24, last: 0) == 3_600_000)
    #expect(ScrubSchedule.pause(pieces: 1_000_000, last: 50) == 5000)
    #expect(ScrubSchedule.pause(pieces: 0, last: 0) == 7 * 86_400_000)
  }
}
