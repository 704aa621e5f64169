import Glibc
import Platform
import Testing

@Suite struct FileTests {
  private let fileSystem = POSIXFileSystem()

  @Test func `bytes that were written are read back, also beyond the old end`() throws {
    try withTemporaryDirectory { directory in
      let file = try fileSystem.open(directory + "/a", .createNew)
      try file.write([1, 2, 3], at: 0)
      try file.write([9], at: 5)
      try file.synchronize()
      #expect(try file.size() == 6)
      #expect(try file.read(at: 0, count: 6) == [1, 2, 3, 0, 0, 9])
      #expect(try file.read(at: 1, count: 2) == [2, 3])
    }
  }

  @Test func `a read returns fewer bytes only at the end of the file`() throws {
    try withTemporaryDirectory { directory in
      let file = try fileSystem.open(directory + "/a", .createNew)
      var generator = SeededGenerator(seed: 1)
      let bytes = generator.bytes(300_000)
      try file.write(bytes, at: 0)
      #expect(try file.read(at: 0, count: 300_000) == bytes)
      #expect(try file.read(at: 299_990, count: 100) == Array(bytes[299_990...]))
      #expect(try file.read(at: 300_000, count: 10) == [])
      #expect(try file.read(at: 400_000, count: 10) == [])
      #expect(try file.read(at: 10, count: .max) == Array(bytes[10...]))
    }
  }

  @Test func `a negative offset or count is an error`() throws {
    try withTemporaryDirectory { directory in
      let file = try fileSystem.open(directory + "/a", .createNew)
      #expect(throws: SystemError("read", file.path, code: EINVAL)) {
        try file.read(at: -1, count: 1)
      }
      #expect(throws: SystemError("read", file.path, code: EINVAL)) {
        try file.read(at: 0, count: -1)
      }
      #expect(throws: SystemError("write", file.path, code: EINVAL)) {
        try file.write([1], at: -1)
      }
    }
  }

  @Test func `truncate cuts and extends`() throws {
    try withTemporaryDirectory { directory in
      let file = try fileSystem.open(directory + "/a", .createNew)
      try file.write([1, 2, 3], at: 0)
      try file.truncate(to: 1)
      try file.truncate(to: 3)
      #expect(try file.read(at: 0, count: 10) == [1, 0, 0])
    }
  }

  @Test func `reserving room grows a file with zeros and never cuts it`() throws {
    try withTemporaryDirectory { directory in
      let file = try fileSystem.open(directory + "/a", .createNew)
      try file.write([7], at: 0)
      try file.reserve(byteCount: 1 << 16)
      #expect(try file.size() == 1 << 16)
      #expect(try file.read(at: 0, count: 3) == [7, 0, 0])
      try file.reserve(byteCount: 10)
      #expect(try file.size() == 1 << 16)
      try file.reserve(byteCount: 0)
    }
  }

  @Test func `a file opened to read cannot be written`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a"
      try fileSystem.open(path, .createNew).close()
      let file = try fileSystem.open(path, .read)
      #expect(throws: SystemError("write", path, code: EBADF)) { try file.write([1], at: 0) }
    }
  }

  @Test func `the modes tell existing files from missing ones`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a"
      #expect(throws: SystemError("open", path, code: ENOENT)) { try fileSystem.open(path, .read) }
      #expect(throws: SystemError("open", path, code: ENOENT)) {
        try fileSystem.open(path, .readWrite)
      }
      try fileSystem.open(path, .openOrCreate).write([5], at: 0)
      #expect(try fileSystem.open(path, .openOrCreate).read(at: 0, count: 9) == [5])
      #expect(try fileSystem.open(path, .readWrite).size() == 1)
      #expect(throws: SystemError("open", path, code: EEXIST)) {
        try fileSystem.open(path, .createNew)
      }
    }
  }

  @Test func `only one open file has the lock, until it is closed`() throws {
    try withTemporaryDirectory { directory in
      let first = try fileSystem.open(directory + "/LOCK", .openOrCreate)
      let second = try fileSystem.open(directory + "/LOCK", .openOrCreate)
      #expect(try first.tryLock())
      #expect(try first.tryLock())
      #expect(try !second.tryLock())
      first.close()
      #expect(try second.tryLock())
    }
  }

  // A child process has every descriptor of its parent until it runs its own program.
  @Test func `a closed file gives up its lock though a child process still has it`() throws {
    try withTemporaryDirectory { directory in
      let file = try fileSystem.open(directory + "/LOCK", .openOrCreate)
      #expect(try file.tryLock())
      let shared = dup(try #require(descriptor(of: file.path)))
      defer { Glibc.close(shared) }
      #expect(shared >= 0)
      file.close()
      #expect(try fileSystem.open(directory + "/LOCK", .openOrCreate).tryLock())
    }
  }

  /// The number under which this process has a file open.
  private func descriptor(of path: String) -> Int32? {
    (0..<Int32(getdtablesize())).prefix(65_536).first { number in
      var name = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink("/proc/self/fd/\(number)", &name, name.count - 1)
      return count > 0
        && String(decoding: name[..<count].map({ UInt8(bitPattern: $0) }), as: UTF8.self) == path
    }
  }

  @Test func `a file that nobody holds gives up its lock`() throws {
    try withTemporaryDirectory { directory in
      _ = try fileSystem.open(directory + "/LOCK", .openOrCreate).tryLock()
      #expect(try fileSystem.open(directory + "/LOCK", .openOrCreate).tryLock())
    }
  }

  @Test func `after close everything fails, and closing again does nothing`() throws {
    try withTemporaryDirectory { directory in
      let file = try fileSystem.open(directory + "/a", .createNew)
      file.close()
      // Takes the number of the closed descriptor, which a second close must not reach.
      let other = try fileSystem.open(directory + "/b", .createNew)
      file.close()
      try other.write([1], at: 0)
      #expect(throws: SystemError("write", file.path, code: EBADF)) { try file.write([1], at: 0) }
      #expect(throws: SystemError("fstat", file.path, code: EBADF)) { try file.size() }
      #expect(throws: SystemError("fdatasync", file.path, code: EBADF)) { try file.synchronize() }
      #expect(try other.read(at: 0, count: 9) == [1])
    }
  }

  @Test func `files are closed when another program is started`() throws {
    try withTemporaryDirectory { directory in
      let file = try fileSystem.open(directory + "/a", .createNew)
      defer { file.close() }
      let status = try #require(try fileSystem.status(file.path))
      let flags = (0..<256).filter { (descriptor: Int32) in
        var other = stat()
        return fstat(descriptor, &other) == 0 && UInt64(other.st_ino) == status.inode
          && UInt64(other.st_dev) == status.device
      }.map { fcntl($0, F_GETFD) }
      #expect(flags == [FD_CLOEXEC])
    }
  }

  @Test func `a path with a zero byte names nothing`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a\0b"
      #expect(throws: SystemError("open", path, code: EINVAL)) {
        try fileSystem.open(path, .createNew)
      }
      #expect(throws: SystemError("statx", path, code: EINVAL)) { try fileSystem.status(path) }
      let names = try fileSystem.contents(ofDirectory: directory)
      #expect(names == [])
    }
  }
}
