import Glibc
import Platform
import Testing

@Suite struct FileSystemTests {
  private let fileSystem = POSIXFileSystem()

  @Test func `directories are made with their parents, and an existing one is no error`() throws {
    try withTemporaryDirectory { directory in
      try fileSystem.createDirectory(directory + "/a/b//c/", permissions: 0o700)
      try fileSystem.createDirectory(directory + "/a/b/c", permissions: 0o700)
      #expect(try fileSystem.status(directory + "/a/b/c")?.kind == .directory)
      #expect(try fileSystem.status(directory + "/a")?.permissions == 0o700)
    }
  }

  @Test func `a directory cannot take the name of a file`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a"
      try fileSystem.open(path, .createNew).close()
      #expect(throws: SystemError("mkdir", path, code: EEXIST)) {
        try fileSystem.createDirectory(path)
      }
      #expect(throws: SystemError("mkdir", path + "/b", code: ENOTDIR)) {
        try fileSystem.createDirectory(path + "/b")
      }
    }
  }

  @Test func `an empty path names no directory`() {
    #expect(throws: SystemError("mkdir", "", code: ENOENT)) { try fileSystem.createDirectory("") }
  }

  @Test func `names are sorted by their bytes`() throws {
    try withTemporaryDirectory { directory in
      let names = ["b", "é", "e\u{301}", "B", "a", ".hidden", "z", "\u{1F600}", "\u{FF5E}"]
      for name in names { try fileSystem.open("\(directory)/\(name)", .createNew).close() }
      let found = try fileSystem.contents(ofDirectory: directory)
      let expected = [".hidden", "B", "a", "b", "e\u{301}", "z", "é", "\u{FF5E}", "\u{1F600}"]
      #expect(found.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    }
  }

  @Test func `contents of what is no directory is an error`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a"
      #expect(throws: SystemError("opendir", path, code: ENOENT)) {
        try fileSystem.contents(ofDirectory: path)
      }
      try fileSystem.open(path, .createNew).close()
      #expect(throws: SystemError("opendir", path, code: ENOTDIR)) {
        try fileSystem.contents(ofDirectory: path)
      }
    }
  }

  @Test func `rename replaces an existing file`() throws {
    try withTemporaryDirectory { directory in
      try fileSystem.open(directory + "/a", .createNew).write([1], at: 0)
      try fileSystem.open(directory + "/b", .createNew).write([2, 2], at: 0)
      try fileSystem.rename(directory + "/a", to: directory + "/b")
      #expect(try fileSystem.contents(ofDirectory: directory) == ["b"])
      #expect(try fileSystem.readFile(directory + "/b") == [1])
      #expect(throws: SystemError("rename", directory + "/a", code: ENOENT)) {
        try fileSystem.rename(directory + "/a", to: directory + "/b")
      }
    }
  }

  @Test func `removing tells files from directories, and full directories from empty ones`() throws
  {
    try withTemporaryDirectory { directory in
      let inner = directory + "/a"
      let file = inner + "/b"
      try fileSystem.createDirectory(inner)
      try fileSystem.open(file, .createNew).close()
      #expect(throws: SystemError("rmdir", inner, code: ENOTEMPTY)) {
        try fileSystem.removeDirectory(inner)
      }
      #expect(throws: SystemError("unlink", inner, code: EISDIR)) {
        try fileSystem.removeFile(inner)
      }
      try fileSystem.removeFile(file)
      #expect(throws: SystemError("unlink", file, code: ENOENT)) {
        try fileSystem.removeFile(file)
      }
      try fileSystem.removeDirectory(inner)
      #expect(try fileSystem.status(inner) == nil)
    }
  }

  @Test func `directories and file systems can be made durable, missing ones cannot`() throws {
    try withTemporaryDirectory { directory in
      try fileSystem.synchronizeDirectory(directory)
      try fileSystem.synchronizeFileSystem(directory)
      let path = directory + "/a"
      #expect(throws: SystemError("open", path, code: ENOENT)) {
        try fileSystem.synchronizeDirectory(path)
      }
      #expect(throws: SystemError("open", path, code: ENOENT)) {
        try fileSystem.synchronizeFileSystem(path)
      }
    }
  }

  @Test func `status tells kind, size, permissions, identity and times`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a"
      let before = SystemClock().now()
      try fileSystem.open(path, .createNew, permissions: 0o640).write([1, 2, 3], at: 0)
      let status = try #require(try fileSystem.status(path))
      #expect(status.kind == .file)
      #expect(status.byteCount == 3)
      #expect(status.permissions == 0o640)
      // The system stamps files with the time of its last tick, some milliseconds ago.
      #expect(status.modified / 1_000_000 >= before - 1_000)
      #expect(status.modified / 1_000_000 <= SystemClock().now())
      if let birthTime = status.birthTime { #expect(birthTime <= status.modified) }

      try fileSystem.rename(path, to: directory + "/b")
      let moved = try #require(try fileSystem.status(directory + "/b"))
      #expect(moved == status)
      #expect(try fileSystem.status(directory)?.inode != status.inode)
      #expect(try fileSystem.status(directory)?.device == status.device)
    }
  }

  @Test func `the device of a status is the one that stat tells`() throws {
    try withTemporaryDirectory { directory in
      var expected = stat()
      #expect(stat(directory, &expected) == 0)
      let status = try fileSystem.status(directory)
      #expect(status?.device == UInt64(expected.st_dev))
      #expect(status?.inode == UInt64(expected.st_ino))
    }
  }

  @Test func `status does not follow a symbolic link, and is nil when nothing is there`() throws {
    try withTemporaryDirectory { directory in
      #expect(symlink("missing", directory + "/link") == 0)
      #expect(try fileSystem.status(directory + "/link")?.kind == .symbolicLink)
      #expect(try fileSystem.status(directory + "/missing") == nil)
      try fileSystem.open(directory + "/file", .createNew).close()
      #expect(try fileSystem.status(directory + "/file/below") == nil)
    }
  }

  @Test func `an error says what failed, where and why`() {
    let error = SystemError("open", "/a/b", code: ENOENT)
    #expect("\(error)" == "open /a/b: No such file or directory")
    #expect("\(SystemError("getrandom", "", code: EIO))" == "getrandom: Input/output error")
    #expect("\(SystemError("open", "", code: 9_999))" == "open: error 9999")
    #expect(error.isNotFound && !error.isNoSpace && !error.isReadOnly && !error.isPermission)
    #expect(SystemError("write", "", code: ENOSPC).isNoSpace)
    #expect(SystemError("write", "", code: EDQUOT).isNoSpace)
    #expect(SystemError("open", "", code: EROFS).isReadOnly)
    #expect(SystemError("open", "", code: EACCES).isPermission)
    #expect(SystemError("open", "", code: EPERM).isPermission)
    #expect(SystemError("open", "", code: EEXIST).isAlreadyThere)
  }
}
