import Platform
import Storage
import Testing

struct ReserveTests {
  private static let noSpace: Int32 = 28

  @Test func `a checkpoint on a full disk takes the reserve, and makes it again`() throws {
    let test = try TestStore()
    try test.commit([1, 2], "A")
    #expect(try POSIXFileSystem().status(test.layout.reserve) == nil)
    _ = try test.open.checkpoint()
    let size = try #require(POSIXFileSystem().status(test.layout.reserve)?.byteCount)
    #expect(size >= 2 * TestStore.segmentByteCount)
    try test.commit([1, 3], "B")
    test.fileSystem.forgetCalls()
    test.fileSystem.fail(.init(prefix: "write 1111", number: 2, code: Self.noSpace))
    #expect(try test.open.checkpoint() == 2)
    #expect(test.fileSystem.calls.contains("removeFile reserve"))
    #expect(try POSIXFileSystem().status(test.layout.reserve) != nil)
    #expect(test.verify().problems == [])
  }

  @Test func `without a reserve a checkpoint on a full disk fails, and loses nothing`() throws {
    let test = try TestStore()
    try test.commit([1, 2], "A")
    let before = try test.state()
    test.fileSystem.fail(.init(prefix: "write 1111", number: 2, code: Self.noSpace))
    let error = #expect(throws: StorageError.self) { try test.open.checkpoint() }
    #expect(error?.code == .system && error?.underlying?.isNoSpace == true)
    test.fileSystem.fail(nil)
    #expect(try test.state() == before)
    try test.reopened()
    #expect(try test.state() == before)
    #expect(try test.open.checkpoint() == 2)
  }
}
