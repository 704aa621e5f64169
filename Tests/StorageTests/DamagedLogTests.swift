import Causality
import Documents
import JSON
import Platform
import Storage
import TestSupport
import Testing

/// A store with three batches in one segment, and where each of them ends.
private struct ThreeBatches {
  let test: TestStore
  let states: [String]
  let ends: [Int]
  let bytes: [UInt8]
  let segment: String

  init() throws {
    test = try TestStore()
    segment = test.layout.segment(1)
    var states: [String] = []
    var ends: [Int] = []
    for (visit, name) in [(1, "first"), (2, "second"), (1, "third")] {
      try test.commit([visit], name)
      states.append(try test.state())
      ends.append(try test.bytes(test.layout.segment(1)).count)
    }
    (self.states, self.ends) = (states, ends)
    test.close()
    bytes = try test.bytes(segment)
  }

  /// What opening says of the segment with other bytes.
  func opened(with changed: [UInt8]) throws -> Result<String, StorageError> {
    try test.put(changed, segment)
    try test.put([], test.layout.lock)
    do throws(StorageError) {
      let store = try test.reopened()
      let state = try TestStore.state(of: store.snapshot())
      test.close()
      return .success(state)
    } catch {
      return .failure(error)
    }
  }
}

@Suite(.sealedToo) struct DamagedLogTests {
  @Test func `a torn final record is ignored, wherever it is cut`() throws {
    let log = try ThreeBatches()
    for end in log.ends[1]..<log.bytes.count {
      let result = try log.opened(with: Array(log.bytes[..<end]))
      #expect(try result.get() == log.states[1], "cut at \(end)")
    }
    for end in 0..<48 {
      let result = try log.opened(with: Array(log.bytes[..<end]))
      #expect(throws: Never.self, "cut at \(end)") { try result.get() }
    }
  }

  @Test func `writing goes on behind a torn record, in a new segment`() throws {
    let log = try ThreeBatches()
    let test = log.test
    for end in [log.ends[1], log.ends[1] + 1, log.ends[1] + 30, log.bytes.count - 1] {
      for name in try test.segments().dropFirst() { try POSIXFileSystem().removeFile(name) }
      #expect(try log.opened(with: Array(log.bytes[..<end])).get() == log.states[1])
      try test.reopened()
      var batch = Batch()
      batch.registers = [("goes", "on")]
      try test.open.commit(batch)
      let state = try test.state()
      #expect(try test.segments().count == (end == log.ends[1] ? 1 : 2))
      try test.reopened()
      #expect(try test.state() == state)
      try test.open.commit(batch)
      try test.reopened()
      #expect(try test.state() == state)
      test.close()
    }
  }

  @Test func `zeros and old bytes behind the last batch are ignored`() throws {
    let log = try ThreeBatches()
    let zeros = [UInt8](repeating: 0, count: 5_000)
    #expect(try log.opened(with: log.bytes + zeros).get() == log.states[2])
    let other = try ThreeBatches()
    let old = other.bytes[other.ends[1]...]
    #expect(try log.opened(with: log.bytes + old).get() == log.states[2])
  }

  @Test func `a store that was closed misses the records that it had then`() throws {
    let log = try ThreeBatches()
    for end in [log.ends[0], log.ends[1], log.bytes.count - 1] {
      try log.test.put(Array(log.bytes[..<end]), log.segment)
      let error = #expect(throws: StorageError.self) { try log.test.reopened() }
      #expect(error?.code == .corrupt && error?.path == log.segment)
      #expect(try log.test.bytes(log.segment).count == end)
    }
    try log.test.put(log.bytes, log.segment)
    try log.test.reopened()
    #expect(try log.test.state() == log.states[2])
  }

  @Test func `a damaged byte before a whole record is corruption, with the place`() throws {
    let log = try ThreeBatches()
    for place in log.ends[0]..<log.ends[1] {
      var changed = log.bytes
      changed[place] ^= 0x10
      guard case .failure(let error) = try log.opened(with: changed) else {
        Issue.record("byte \(place) was not noticed")
        continue
      }
      #expect(error.code == .corrupt && error.path == log.segment, "byte \(place)")
      #expect(error.offset.map { log.ends[0]...place ~= $0 } == true, "byte \(place)")
      #expect(try log.test.bytes(log.segment) == changed, "byte \(place)")
    }
  }

  @Test func `bytes that are gone before a whole record are corruption`() throws {
    let log = try ThreeBatches()
    for count in [1, 24, 100] {
      var changed = log.bytes
      changed.removeSubrange(log.ends[0] + 10..<log.ends[0] + 10 + count)
      guard case .failure(let error) = try log.opened(with: changed) else {
        Issue.record("\(count) missing bytes were not noticed")
        continue
      }
      #expect(error.code == .corrupt && error.path == log.segment)
      #expect(error.offset == log.ends[0])
    }
  }

  @Test func `a whole batch that is gone, doubled or moved is corruption`() throws {
    let log = try ThreeBatches()
    let (first, second) = (log.bytes[48..<log.ends[0]], log.bytes[log.ends[0]..<log.ends[1]])
    let (head, third) = (log.bytes[..<48], log.bytes[log.ends[1]...])
    for changed in [
      head + first + third, head + first + first + second + third, head + second + first + third,
    ] {
      guard case .failure(let error) = try log.opened(with: Array(changed)) else {
        Issue.record("not noticed")
        continue
      }
      #expect(error.code == .corrupt && error.offset != nil)
    }
  }

  @Test func `a damaged head of a segment is corruption at its start`() throws {
    let log = try ThreeBatches()
    for place in 0..<48 {
      var changed = log.bytes
      changed[place] ^= 4
      guard case .failure(let error) = try log.opened(with: changed) else {
        Issue.record("byte \(place) was not noticed")
        continue
      }
      #expect(error.code == .corrupt && error.path == log.segment && error.offset == 0)
    }
  }

  @Test func `a missing segment is corruption`() throws {
    let log = try ThreeBatches()
    let test = log.test
    _ = try log.opened(with: Array(log.bytes.dropLast()))
    try test.reopened()
    try test.commitRegister("x")
    test.close()
    #expect(try test.segments().count == 2)
    try POSIXFileSystem().removeFile(log.segment)
    let error = #expect(throws: StorageError.self) { try test.reopened() }
    #expect(error?.code == .corrupt && error?.path == test.layout.segment(2))
  }

  @Test func `a segment of another store is corruption`() throws {
    let log = try ThreeBatches()
    let test = log.test
    try test.put(log.bytes, test.layout.segment(2))
    let error = #expect(throws: StorageError.self) { try test.reopened() }
    #expect(error?.code == .corrupt && error?.path == test.layout.segment(2))
  }

  @Test func `files in the log's directory that are no segments are left alone`() throws {
    let log = try ThreeBatches()
    let test = log.test
    for name in ["1.wal", "x", "000000001.wal", "18446744073709551615.wal", "0000000a.wal"] {
      try test.put([], "\(test.layout.log)/\(name)")
    }
    try test.reopened()
    #expect(try test.state() == log.states[2])
    try test.commitRegister("x")
    try test.reopened()
    #expect(try test.segments().count == 6)
  }

  @Test(arguments: 0..<20)
  func `a segment of random damage never stops the program`(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let log = try ThreeBatches()
    for _ in 0..<20 {
      var changed = log.bytes
      for _ in 0...generator.below(3) {
        changed[generator.below(changed.count)] = UInt8(truncatingIfNeeded: generator.next())
      }
      if case .success(let state) = try log.opened(with: changed) {
        #expect(log.states.contains(state))
      }
    }
  }
}
