import Causality
import Documents
import JSON
import Platform
import Storage
import TestSupport
import Testing

@Suite(.sealedToo) struct CheckpointTests {
  /// A store with a checkpoint, and documents that are newer than their files.
  private func sample() throws -> TestStore {
    let test = try TestStore()
    try test.commit([1, 2])
    try test.commit([3])
    _ = try test.open.checkpoint()
    try test.commit([2, 3, 4], "B")
    try test.commit([2], "C")
    return test
  }

  @Test(.plainOnly)
  func `files are durable before the manifest, and the manifest before the log goes`() throws {
    let test = try TestStore()
    try test.commit([1])
    test.fileSystem.forgetCalls()
    #expect(try test.open.checkpoint() == 1)
    let file = "\(UniqueID.sample(1)).json"
    let calls = test.fileSystem.calls.filter {
      !["status", "contents", "size", "read "].contains(where: $0.hasPrefix)
    }
    #expect(
      calls == [
        "openOrCreate spare.wal.tmp", "truncate spare.wal.tmp", "write spare.wal.tmp",
        "synchronize spare.wal.tmp", "rename spare.wal", "synchronizeDirectory wal",
        "rename 00000002.wal", "readWrite 00000002.wal", "write 00000002.wal",
        "synchronize 00000002.wal", "synchronizeDirectory wal", "createDirectory 11",
        "synchronizeDirectory visits", "synchronizeDirectory documents",
        "createNew \(file).tmp", "write \(file).tmp",
        "synchronizeFileSystem documents", "rename \(file)", "synchronizeDirectory 11",
        "createDirectory index", "synchronizeDirectory store", "createDirectory history",
        "synchronizeDirectory store", "openOrCreate 00000002.index.tmp",
        "truncate 00000002.index.tmp", "write 00000002.index.tmp", "write 00000002.index.tmp",
        "write 00000002.index.tmp", "synchronize 00000002.index.tmp", "rename 00000002.index",
        "synchronizeDirectory index", "createNew 00000002.history.tmp",
        "write 00000002.history.tmp", "synchronize 00000002.history.tmp",
        "rename 00000002.history", "synchronizeDirectory history",
        "createNew manifest.jsonl.tmp", "write manifest.jsonl.tmp",
        "synchronize manifest.jsonl.tmp", "rename manifest.jsonl", "synchronizeDirectory store",
        "removeFile 00000001.wal", "synchronizeDirectory wal", "openOrCreate reserve",
        "write reserve",
      ])
  }

  @Test(.plainOnly) func `a document's file is JSON with the visible fields at the top`() throws {
    let test = try sample()
    _ = try test.open.checkpoint()
    for visit in 1...4 {
      let bytes = try test.bytes(test.layout.file(of: TestStore.key(visit)))
      let object = try #require(try JSONValue(parsing: bytes).objectValue)
      #expect(object.keys == ["id", "type", "given", "note", "_sync"])
      #expect(object["id"]?.stringValue == UniqueID.sample(visit).description)
      #expect(object["given"]?.stringValue == (["A", "C", "B", "B"][visit - 1]))
      #expect(bytes.last == UInt8(ascii: "\n"))
    }
  }

  @Test(.plainOnly) func `nothing but documents, index, history, manifest and identity remains`()
    throws
  {
    let test = try sample()
    _ = try test.open.checkpoint()
    let documents = (1...4).map { "documents/visits/11/\(UniqueID.sample($0)).json" }
    #expect(
      try test.files() == ["LOCK"] + documents + [
        "history/00000003.history", "index/00000003.index", "manifest.jsonl", "reserve",
        "store.copy.json", "store.json",
        "wal/00000003.wal", "wal/spare.wal",
      ])
  }

  @Test(.plainOnly) func `only files of changed documents are written`() throws {
    let test = try sample()
    #expect(try test.open.checkpoint() == 3)
    #expect(try test.open.checkpoint() == 0)
    try test.commit([3], "D")
    try test.reopened()
    #expect(try test.open.checkpoint() == 1)
    #expect(try test.bytes(test.layout.file(of: TestStore.key(3))).contains(UInt8(ascii: "D")))
  }

  @Test func `writing goes on in a new segment`() throws {
    let test = try sample()
    _ = try test.open.checkpoint()
    try test.commit([1], "E")
    #expect(try test.segments() == [test.layout.segment(3)])
    let before = try test.state()
    try test.reopened()
    #expect(try test.state() == before)
  }

  /// How many calls a checkpoint of the sample makes.
  private func callCount() throws -> Int {
    let test = try sample()
    test.fileSystem.forgetCalls()
    _ = try test.open.checkpoint()
    return test.fileSystem.calls.count
  }

  @Test func `wherever a checkpoint is cut off, everything is there afterwards`() throws {
    for number in 1...(try callCount()) {
      let test = try sample()
      let before = try test.state()
      test.fileSystem.fail(.init(prefix: "", number: number, code: 5, lasts: true))
      _ = try? test.open.checkpoint()
      try test.kill()
      test.fileSystem.fail(nil)
      #expect(test.verify().problems == [], "call \(number)")
      try test.reopened()
      #expect(try test.state() == before, "call \(number)")
      _ = try test.open.checkpoint()
      let files = try test.files()
      #expect(files.allSatisfy { !$0.hasSuffix(".tmp") }, "call \(number): \(files)")
      #expect(try test.segments().count == 1, "call \(number)")
      try test.reopened()
      #expect(try test.state() == before, "call \(number)")
      #expect(test.verify().problems == [], "call \(number)")
    }
  }

  @Test(arguments: [28, 5] as [Int32])
  func `wherever one call of a checkpoint fails, commits go on`(code: Int32) throws {
    for number in 1...(try callCount()) {
      let test = try sample()
      test.fileSystem.fail(.init(prefix: "", number: number, code: code))
      _ = try? test.open.checkpoint()
      // A checkpoint may need fewer calls than the one that was counted.
      test.fileSystem.fail(nil)
      if (try? test.commit([2, 5], "E")) == nil {
        // A sync of the log failed: nothing more is taken until the store is opened again.
        try test.reopened()
        try test.commit([2, 5], "E")
      }
      let before = try test.state()
      try test.reopened()
      #expect(try test.state() == before, "call \(number)")
      try test.commit([1], "F")
      let after = try test.state()
      _ = try test.open.checkpoint()
      try test.reopened()
      #expect(try test.state() == after, "call \(number)")
      let files = try test.files()
      #expect(files.allSatisfy { !$0.hasSuffix(".tmp") }, "call \(number): \(files)")
      #expect(try test.segments().count == 1, "call \(number)")
      #expect(test.verify().problems == [], "call \(number)")
    }
  }

  @Test(
    .plainOnly,
    arguments: [
      (1, #"{"format":1,"segment":-1,"sequence":1}"#),
      (1, #"{"format":1,"segment":0,"sequence":1}"#),
      (1, #"{"format":1,"segment":1,"sequence":-1}"#),
      (2, #"{"documents":-1,"root":"00","history":1}"#), (2, #"{"documents":1,"root":"0"}"#),
      (2, "{}"), (2, "x"), (2, #"{"register":1}"#),
    ])
  func `a manifest that is malformed but checks is refused`(count: Int, line: String) throws {
    let test = try TestStore()
    test.close()
    let lines = (count == 2 ? [#"{"format":1,"segment":1,"sequence":1}"#] : []) + [line]
    let body = Array(lines.map { $0 + "\n" }.joined().utf8)
    let end = "{\"lines\":\(count),\"crc\":\(crc32c(body, seed: 0))}\n"
    try test.put(body + Array(end.utf8), test.layout.manifest)
    let error = #expect(throws: StorageError.self) { try test.reopened() }
    #expect(error?.code == .corrupt && error?.path == test.layout.manifest)
  }
}
