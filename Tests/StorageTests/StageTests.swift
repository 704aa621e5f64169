import Platform
import Storage
import TestSupport
import Testing

@Suite(.sealedToo) struct StageTests {
  @Test func `pages are kept across openings, until they are dropped`() throws {
    let test = try TestStore()
    let stage = Stage("pull", in: try test.open)
    #expect(try stage.count() == 0)
    for number in 0..<12 { try stage.put([UInt8(number)], number: number) }
    let again = Stage("pull", in: try test.reopened())
    #expect(try again.count() == 12)
    #expect(try again.page(11) == [11])
    try again.put([99, 100], number: 0)
    #expect(try again.page(0) == [99, 100])
    #expect(try Stage("other", in: try test.open).count() == 0)
    try again.clear()
    #expect(try again.count() == 0)
    try again.clear()
    #expect(throws: StorageError.self) { try again.page(0) }
  }

  @Test func `pages behind a gap do not count`() throws {
    let test = try TestStore()
    let stage = Stage("push", in: try test.open)
    try stage.put([0], number: 0)
    try stage.put([2], number: 2)
    #expect(try stage.count() == 1)
  }

  @Test func `a page, its name and its directory's name are durable`() throws {
    let test = try TestStore()
    let stage = Stage("pull", in: try test.open)
    test.fileSystem.forgetCalls()
    try stage.put([1], number: 0)
    let calls = test.fileSystem.calls
    for call in [
      "synchronize 0.jsonl.tmp", "rename 0.jsonl", "synchronizeDirectory pull",
      "synchronizeDirectory staged",
    ] {
      #expect(calls.contains(call), "\(call)")
    }
  }

  @Test func `a page that could not be kept is not there`() throws {
    let test = try TestStore()
    let stage = Stage("pull", in: try test.open)
    test.fileSystem.fail(.init(prefix: "write", number: 1, code: 28))
    let error = #expect(throws: StorageError.self) { try stage.put([1, 2], number: 0) }
    #expect(error?.code == .system && error?.underlying?.isNoSpace == true)
    #expect(try stage.count() == 0)
    try stage.put([1, 2], number: 0)
    #expect(try stage.page(0) == [1, 2])
  }
}
