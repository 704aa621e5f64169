import Causality
import Documents
import Platform
import Storage
import TestSupport
import Testing

@Suite(.sealedToo) struct VerifierTests {
  /// A store with files of documents and a log behind them.
  private func sample() throws -> TestStore {
    let test = try TestStore()
    try test.commit([1, 2])
    _ = try test.open.checkpoint()
    try test.commit([3], "B")
    test.close()
    return test
  }

  private func file(_ test: TestStore, _ visit: Int) -> String {
    test.layout.file(of: TestStore.key(visit))
  }

  @Test func `a store that is whole is clean`() throws {
    let test = try sample()
    let before = try test.files().map { try test.bytes("\(test.layout.root)/\($0)") }
    let report = test.verify()
    #expect(report.isOK && report.checked >= 7)
    #expect(try test.files().map { try test.bytes("\(test.layout.root)/\($0)") } == before)
  }

  @Test func `every flipped byte of a document's file is found, with the file`() throws {
    let test = try sample()
    let path = file(test, 1)
    for offset in try test.bytes(path).indices {
      try test.flip(path, at: offset)
      #expect(test.verify().problems.map(\.file) == [path], "byte \(offset)")
      try test.flip(path, at: offset)
    }
    #expect(test.verify().isOK)
  }

  @Test func `a document's file that was cut or is longer is found`() throws {
    let test = try sample()
    let bytes = try test.bytes(file(test, 1))
    for changed in [[], Array(bytes.dropLast()), bytes + [10]] {
      try test.put(changed, file(test, 1))
      #expect(test.verify().problems.map(\.file) == [file(test, 1)])
    }
  }

  @Test func `a missing file is found`() throws {
    let test = try sample()
    try POSIXFileSystem().removeFile(file(test, 2))
    let problems = test.verify().problems
    #expect(problems.map(\.file) == [file(test, 2)])
    let tables = try test.reopened().snapshot()
    let error = #expect(throws: StorageError.self) { try tables.document(TestStore.key(2)) }
    #expect(error?.code == .corrupt && error?.path == file(test, 2))
    #expect(try tables.document(TestStore.key(1)) != nil)
  }

  @Test func `a file that is damaged is refused on reading, unless the log has a newer state`()
    throws
  {
    let test = try sample()
    try test.flip(file(test, 1), at: 40)
    let tables = try test.reopened().snapshot()
    let error = #expect(throws: StorageError.self) { try tables.document(TestStore.key(1)) }
    #expect(error?.code == .corrupt && error?.path == file(test, 1))
    try test.flip(file(test, 1), at: 40)
    try test.reopened()
    try test.commit([1], "C")
    let before = try test.state()
    test.close()
    try test.flip(file(test, 1), at: 40)
    #expect(test.verify().isOK)
    try test.reopened()
    #expect(try test.state() == before)
    _ = try test.open.checkpoint()
    #expect(test.verify().isOK)
  }

  @Test func `a foreign file is found, also beside other damage`() throws {
    let test = try sample()
    let foreign = test.layout.directory(of: TestStore.key(1)) + "/notes.json"
    try test.put(Array("{}".utf8), foreign)
    #expect(test.verify().problems.map(\.file) == [foreign])
    try test.flip(file(test, 1), at: 40)
    #expect(Set(test.verify().problems.map(\.file)) == [foreign, file(test, 1)])
  }

  @Test func `every flipped byte of a segment is found or is its torn end`() throws {
    let test = try sample()
    try test.reopened()
    try test.commit([4], "C")
    test.close()
    let path = try test.lastSegment()
    let end = try test.usedEnd(path)
    try test.reopened()
    try test.commit([5], "D")
    test.close()
    for offset in 0..<end {
      try test.flip(path, at: offset)
      let problems = test.verify().problems
      #expect(problems.map(\.file) == [path], "byte \(offset)")
      #expect(problems.first?.offset.map { $0 <= offset } == true, "byte \(offset)")
      try test.flip(path, at: offset)
    }
    #expect(test.verify().isOK)
  }

  @Test func `a missing segment is found`() throws {
    let test = try sample()
    try test.reopened()
    try test.commit([4], "C")
    test.close()
    let path = try test.lastSegment()
    try test.flip(path, at: try test.usedEnd(path) - 1)
    try test.kill()
    try test.reopened()
    try test.commitRegister("x")
    test.close()
    try POSIXFileSystem().removeFile(path)
    #expect(test.verify().problems.map(\.file) == [try test.lastSegment()])
  }

  @Test func `every flipped byte of the manifest is found, with the file`() throws {
    let test = try sample()
    for offset in try test.bytes(test.layout.manifest).indices {
      try test.flip(test.layout.manifest, at: offset)
      #expect(test.verify().problems.map(\.file) == [test.layout.manifest], "byte \(offset)")
      let error = #expect(throws: StorageError.self) { try test.reopened() }
      #expect(error?.code == .corrupt && error?.path == test.layout.manifest)
      try test.flip(test.layout.manifest, at: offset)
    }
    #expect(test.verify().isOK)
  }
}
