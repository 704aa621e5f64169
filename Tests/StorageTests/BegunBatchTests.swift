import Causality
import Documents
import JSON
import Platform
import TestSupport
import Testing

@testable import Storage

/// Batches whose documents stand in the log before they are whole.
@Suite(.sealedToo) struct BegunBatchTests {
  /// A batch of three times two visits, as its last part is committed.
  private static func begin(_ test: TestStore, _ name: String) throws -> Batch {
    var whole = test.batch([1, 2, 3, 4, 5, 6], name)
    let documents = whole.documents
    for place in [0, 2] {
      var part = Batch()
      part.documents = Array(documents[place..<place + 2])
      try test.open.begin(part, behind: &whole.begun)
    }
    whole.documents = Array(documents[4...])
    return whole
  }

  private static func names(_ store: Store) throws -> [Int] {
    try store.snapshot().documents(ofType: "visit", index: "given", key: "begun").map { document in
      document.visibleFields(SampleRules.all.type("visit"))["note"]?.intValue ?? 0
    }.sorted()
  }

  @Test func `a batch that was begun is there as a whole, also after a power cut`() throws {
    let test = try TestStore()
    try test.commit([1, 9], "before")
    let batch = try Self.begin(test, "begun")
    #expect(try Self.names(test.open).isEmpty, "it shows before its commit")
    try test.open.commit(batch)
    #expect(try Self.names(test.open) == [1, 2, 3, 4, 5, 6])
    let state = try test.state()
    try test.kill()
    try test.reopened()
    #expect(try test.state() == state)
    _ = try test.open.checkpoint()
    #expect(try Self.names(test.open) == [1, 2, 3, 4, 5, 6])
    #expect(test.verify().problems.isEmpty)
  }

  @Test func `what was begun and not committed is not there, and nothing is damaged`() throws {
    let test = try TestStore()
    try test.commit([1], "before")
    let state = try test.state()
    _ = try Self.begin(test, "begun")
    try test.kill()
    #expect(try test.reopened().damage.isEmpty)
    #expect(try test.state() == state)
  }

  @Test(arguments: [true, false])
  func `what comes in between gives it up`(isCheckpoint: Bool) throws {
    let test = try TestStore()
    try test.commit([1], "before")
    let replica = test.replica
    var batch = try Self.begin(test, "begun")
    if isCheckpoint { _ = try test.open.checkpoint() } else { try test.commitRegister("between") }
    let state = try test.state()
    #expect(throws: StorageError.self) { try test.open.commit(batch) }
    #expect(throws: StorageError.self) { try test.open.begin(Batch(), behind: &batch.begun) }
    #expect(try test.state() == state)
    try test.commitRegister("after")
    let after = try test.state()
    try test.kill()
    try test.reopened()
    #expect(try test.state() == after)
    #expect(replica.knowledge[replica.id] == 1)
  }

  @Test func `a full disk gives it up, and gives back what it took`() throws {
    let test = try TestStore()
    try test.commit([1], "before")
    let state = try test.state()
    let batch = test.batch(Array(1...40), "begun")
    var part = Batch()
    part.documents = batch.documents
    var begun: BegunRecords?
    try test.open.begin(part, behind: &begun)
    let segment = try test.lastSegment()
    #expect(try test.bytes(segment).count > TestStore.segmentByteCount)
    test.fileSystem.fail(.init(prefix: "write 0", number: 1, code: 28))
    #expect(throws: StorageError.self) { try test.open.begin(part, behind: &begun) }
    #expect(test.fileSystem.hasFailed)
    test.fileSystem.fail(nil)
    #expect(try test.bytes(segment).count <= TestStore.segmentByteCount)
    #expect(try test.state() == state)
    try test.commitRegister("after")
    let after = try test.state()
    try test.kill()
    try test.reopened()
    #expect(try test.state() == after)
  }

  @Test func `documents of a batch that was begun can be read and found by their last values`()
    throws
  {
    let test = try TestStore()
    let first = test.batch([1, 2], "old").documents
    let second = test.batch([2, 3], "new").documents
    let store = try test.open
    var part = Batch()
    part.documents = first
    var begun: BegunRecords?
    try store.begin(part, behind: &begun)
    let ahead = Ahead(store)
    func found(_ value: String) throws -> [DocumentKey] {
      try ahead.documents(ofType: "visit", index: "given", value: value, begun: begun).map(\.key)
    }
    #expect(try found("old") == first.map(\.key))
    part.documents = second
    try store.begin(part, behind: &begun)
    #expect(try found("old") == [TestStore.key(1)])
    #expect(try found("new") == second.map(\.key))
    let records = try #require(begun)
    #expect(try ahead.document(TestStore.key(2), begun: records)?.text() == second[0].text())
    #expect(try ahead.document(TestStore.key(7), begun: records)?.key == nil)
    store.giveUpBegun()
    #expect(throws: StorageError.self) { try store.begin(part, behind: &begun) }
  }
}
