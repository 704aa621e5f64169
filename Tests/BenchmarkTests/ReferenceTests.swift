import Platform
import Storage
import Synchronization
import Testing

@testable import Benchmarks

@Suite struct ReferenceTests {
  /// What a thread commits; never 0, which the file is made of.
  private static func byte(_ thread: Int, _ index: Int) -> UInt8 {
    UInt8(thread * 16 + index % 16 + 1)
  }

  @Test func `a group log holds what every thread committed, once`() throws {
    try withTemporaryWorkbench { bench in
      let path = bench.directory.newPath("raw")
      let log = try RawLog(path, byteCount: 8 * 40, fileSystem: bench.fileSystem)
      defer { log.close() }
      let group = RawGroupLog(log)
      let failures = Mutex(0)
      let threads = try (0..<8).map { thread in
        try SystemThread {
          let writer = RawGroupLog.Writer()
          for index in 0..<40 {
            do { try group.commit([Self.byte(thread, index)], by: writer) } catch {
              failures.withLock { $0 += 1 }
            }
          }
        }
      }
      for thread in threads { thread.join() }
      #expect(failures.withLock { $0 } == 0)
      let expected: [UInt8] = (0..<8).flatMap { thread in
        (0..<40).map { Self.byte(thread, $0) }
      }
      let bytes = try bench.fileSystem.readFile(path).prefix(expected.count)
      #expect(bytes.sorted() == expected.sorted())
    }
  }

  @Test func `a failed write reaches the thread that leads and stops nobody`() throws {
    try withTemporaryWorkbench { bench in
      let log = try RawLog(
        bench.directory.newPath("raw"), byteCount: 10, fileSystem: bench.fileSystem)
      let group = RawGroupLog(log)
      log.close()
      let writer = RawGroupLog.Writer()
      for _ in 0..<2 {
        #expect(throws: SystemError.self) { try group.commit([1], by: writer) }
      }
    }
  }

  @Test func `raw files are written again as they were`() throws {
    try withTemporaryWorkbench { bench in
      let (from, to) = (bench.directory.newPath("from"), bench.directory.newPath("to"))
      for (directory, name) in [("a/1", "x"), ("a/2", "y"), ("b/1", "z")] {
        try bench.fileSystem.createDirectory("\(from)/\(directory)")
        try bench.fileSystem.writeFileDurably("\(from)/\(directory)/\(name)", Array(name.utf8))
      }
      try RawFiles(below: from, fileSystem: bench.fileSystem).write(
        to: to, fileSystem: bench.fileSystem)
      let written = try RawFiles(below: to, fileSystem: bench.fileSystem).files
      #expect(written.map(\.directory) == ["a/1", "a/2", "b/1"])
      #expect(written.map(\.bytes) == ["x", "y", "z"].map { Array($0.utf8) })
    }
  }

  @Test func `SQLite takes each line once`() throws {
    guard let library = try? SQLite.load() else { return }
    try withTemporaryWorkbench { bench in
      var documents = SampleDocuments(seed: 1)
      let lines = documents.next(10).map(\.line)
      let database = try SQLiteDocuments(bench.directory.newPath("sqlite"), library)
      try database.load(lines, perTransaction: 4)
      #expect(throws: SQLiteError.self) { try database.put(lines[9]) }
      try database.put(documents.next().line)
    }
  }
}
