import Causality
import Dispatch
import Documents
import JSON
import Platform
import Storage
import Synchronization
import TestSupport
import Testing

/// `errno` values, which this room does not import.
private let noSpace: Int32 = 28
private let inputOutput: Int32 = 5

@Suite(.sealedToo) struct CommitTests {
  @Test func `a commit returns only after its sync has returned`() throws {
    let test = try TestStore()
    try test.commit([1])
    let (store, batch) = (try test.open, test.batch([2], "B"))
    let hasReturned = Mutex(false)
    let done = Gate()
    test.fileSystem.block("synchronize 00000001.wal")
    DispatchQueue.global().async {
      try? store.commit(batch)
      hasReturned.withLock { $0 = true }
      done.open()
    }
    #expect(test.fileSystem.waitUntilBlocked())
    #expect(test.fileSystem.calls.last == "synchronize 00000001.wal")
    #expect(!hasReturned.withLock { $0 })
    test.fileSystem.release()
    #expect(done.pass())
    #expect(hasReturned.withLock { $0 })
    #expect(try store.snapshot().document(TestStore.key(2)) != nil)
  }

  @Test func `a commit is one write and one sync`() throws {
    let test = try TestStore()
    try test.commit([1])
    test.fileSystem.forgetCalls()
    try test.commit([1, 2, 3], "B")
    #expect(test.fileSystem.calls == ["write 00000001.wal", "synchronize 00000001.wal"])
  }

  @Test func `a new segment and its name are durable before the first batch`() throws {
    let test = try TestStore()
    test.fileSystem.forgetCalls()
    try test.commit([1])
    let calls = test.fileSystem.calls.filter {
      !$0.hasPrefix("status") && !$0.hasPrefix("size")
    }
    #expect(
      calls == [
        "createNew 00000001.wal", "write 00000001.wal", "synchronize 00000001.wal",
        "synchronizeDirectory wal", "write 00000001.wal", "synchronize 00000001.wal",
      ])
  }

  @Test func `an empty batch writes nothing`() throws {
    let test = try TestStore()
    test.fileSystem.forgetCalls()
    try test.open.commit(Batch())
    #expect(test.fileSystem.calls.isEmpty)
  }

  @Test func `a sync that fails stops all commits until the store is opened again`() throws {
    let test = try TestStore()
    try test.commit([1])
    test.fileSystem.fail(.init(prefix: "synchronize 0", number: 1, code: inputOutput))
    let error = #expect(throws: StorageError.self) { try test.commit([2]) }
    #expect(error?.code == .poisoned && error?.path.hasSuffix("00000001.wal") == true)
    #expect(error?.underlying?.code == inputOutput)
    test.fileSystem.fail(nil)
    for _ in 0..<2 {
      let later = #expect(throws: StorageError.self) { try test.commit([3]) }
      #expect(later?.code == .poisoned)
      let checkpoint = #expect(throws: StorageError.self) { try test.open.checkpoint() }
      #expect(checkpoint?.code == .poisoned)
    }
    let store = try test.reopened()
    #expect(try store.snapshot().document(TestStore.key(1)) != nil)
    #expect(try store.snapshot().document(TestStore.key(3)) == nil)
  }

  @Test(arguments: [noSpace, inputOutput])
  func `a write that fails is refused, and the next one works`(code: Int32) throws {
    let test = try TestStore()
    try test.commit([1])
    let before = try test.state()
    test.fileSystem.fail(.init(prefix: "write 0", number: 1, code: code))
    let error = #expect(throws: StorageError.self) { try test.commit([2, 3]) }
    #expect(error?.code == .system && error?.underlying?.code == code)
    #expect(try test.state() == before)
    try test.commit([4], "B")
    let after = try test.state()
    try test.reopened()
    #expect(try test.state() == after)
    #expect(try test.open.snapshot().document(TestStore.key(2)) == nil)
  }

  @Test func `what a failed write leaves in a segment is never read`() throws {
    let test = try TestStore()
    try test.commit([1])
    test.fileSystem.fail(.init(prefix: "write 0", number: 1, code: inputOutput))
    #expect(throws: StorageError.self) { try test.commit([2]) }
    test.fileSystem.fail(nil)
    // As if a part of it had reached the disk.
    let path = test.layout.segment(1)
    try test.put(try test.bytes(path) + [9, 9, 9], path)
    try test.commit([3])
    let state = try test.state()
    #expect(try test.segments().count == 2)
    try test.reopened()
    #expect(try test.state() == state)
    #expect(try test.open.snapshot().document(TestStore.key(2)) == nil)
  }

  @Test(.plainOnly) func `many writers share syncs, and each is durable when its call returns`()
    async throws
  {
    let test = try TestStore()
    try test.commit([1])
    let store = try test.open
    test.fileSystem.forgetCalls()
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<8 {
        group.addTask {
          for number in 0..<25 {
            var batch = Batch()
            batch.registers = [("w\(writer)", .int(number))]
            try? store.commit(batch)
            let seen = store.read { $0.registers["w\(writer)"]?.intValue }
            #expect(seen == number)
          }
        }
      }
    }
    let registers = try test.reopened().snapshot().registers
    for writer in 0..<8 { #expect(registers["w\(writer)"]?.intValue == 24) }
  }

  @Test func `what is staged behind a batch that fails, fails with it`() throws {
    let test = try TestStore()
    try test.commit([1])
    let store = try test.open
    var (first, second) = (Batch(), Batch())
    first.registers = [("a", 1)]
    second.registers = [("b", 1)]
    test.fileSystem.fail(.init(prefix: "write 0", number: 1, code: noSpace))
    let tickets = [try store.stage(first), try store.stage(second)]
    for ticket in tickets {
      let error = #expect(throws: StorageError.self) { try store.wait(for: ticket) }
      #expect(error?.underlying?.code == noSpace)
    }
    test.fileSystem.fail(nil)
    #expect(store.read { $0.registers["a"] == nil && $0.registers["b"] == nil })
    try store.commit(second)
    #expect(try test.reopened().snapshot().registers["b"]?.intValue == 1)
  }

  @Test(arguments: 1...6)
  func `wherever the first commit fails, the store opens and goes on`(number: Int) throws {
    let test = try TestStore()
    let before = try test.state()
    test.fileSystem.fail(.init(prefix: "", number: number, code: noSpace))
    #expect(throws: StorageError.self) { try test.commit([1]) }
    #expect(test.fileSystem.hasFailed)
    test.fileSystem.fail(nil)
    if (try? test.commit([2])) == nil {
      try test.reopened()
      #expect(try number == 6 || test.state() == before)
      if number < 6 { try test.commit([2]) }
    }
    let after = try test.state()
    try test.reopened()
    #expect(try test.state() == after)
  }

  @Test func `a store that was closed accepts nothing`() throws {
    for isWritten in [false, true] {
      let test = try TestStore()
      if isWritten { try test.commit([1]) }
      let store = try test.open
      let batch = test.batch([2])
      test.close()
      test.fileSystem.forgetCalls()
      #expect(throws: StorageError.self) { try store.commit(batch) }
      #expect(throws: StorageError.self) { try store.checkpoint() }
      #expect(throws: StorageError.self) { try store.updateIdentity { $0.isLocalAccount = false } }
      #expect(test.fileSystem.calls.isEmpty)
      let opened = try test.reopened()
      #expect(try opened.snapshot().document(TestStore.key(2)) == nil)
    }
  }

  @Test func `several threads commit, and everything is there`() throws {
    let test = try TestStore()
    let store = try test.open
    let refused = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for number in 0..<10 {
        var batch = Batch()
        batch.registers = [("thread \(thread)", .int(number)), ("\(thread).\(number)", true)]
        do { try store.commit(batch) } catch { refused.withLock { $0 += 1 } }
      }
    }
    #expect(refused.withLock { $0 } == 0)
    #expect(try test.reopened().snapshot().registers.count == 44)
  }

  @Test func `a batch is visible as a whole`() throws {
    let test = try TestStore()
    try test.commit([1, 2], "B")
    let tables = try test.open.snapshot()
    #expect(tables.knowledge[.sample(1)] == 2)
    #expect(tables.registers["last"]?.stringValue == "B")
    #expect(try tables.arrivals(after: 0, limit: 100).map(\.arrival) == [1, 2])
    var batch = Batch()
    batch.registers = [("last", .null)]
    try test.open.commit(batch)
    #expect(try test.reopened().snapshot().registers["last"] == nil)
  }
}
