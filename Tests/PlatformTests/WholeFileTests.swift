import Glibc
import Platform
import Testing

@Suite struct WholeFileTests {
  private let fileSystem = POSIXFileSystem()

  @Test func `a durable write leaves the whole file and no temporary one`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.json"
      try fileSystem.writeFileDurably(path, [1, 2, 3])
      try fileSystem.writeFileDurably(path, [4])
      #expect(try fileSystem.readFile(path) == [4])
      #expect(try fileSystem.status(path)?.permissions == 0o600)
      #expect(try fileSystem.contents(ofDirectory: directory) == ["a.json"])
    }
  }

  @Test func `a new file has its name once it is whole, and replaces nothing`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.csv"
      let file = try NewFile(path, fileSystem)
      try file.write([1, 2])
      try file.write([3])
      #expect(try fileSystem.contents(ofDirectory: directory) == ["a.csv.tmp"])
      try file.finish()
      #expect(try fileSystem.readFile(path) == [1, 2, 3])
      #expect(try fileSystem.status(path)?.permissions == 0o600)
      #expect(throws: SystemError("create", path, code: EEXIST)) { try NewFile(path, fileSystem) }
      #expect(try fileSystem.contents(ofDirectory: directory) == ["a.csv"])
    }
  }

  @Test func `a new file that is given up, or whose name was taken meanwhile, leaves nothing`()
    throws
  {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.csv"
      let first = try NewFile(path, fileSystem)
      try first.write([1])
      first.discard()
      #expect(try fileSystem.contents(ofDirectory: directory).isEmpty)
      let second = try NewFile(path, fileSystem)
      try second.write([1])
      try fileSystem.writeFileDurably(path, [9])
      #expect(throws: SystemError("create", path, code: EEXIST)) { try second.finish() }
      #expect(try fileSystem.readFile(path) == [9])
      #expect(try fileSystem.contents(ofDirectory: directory) == ["a.csv"])
    }
  }

  @Test func `a durable write passes by the temporary file of another writer`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a"
      try fileSystem.open(path + temporaryFileSuffix, .createNew).write([9], at: 0)
      try fileSystem.writeFileDurably(path, [1])
      #expect(try fileSystem.readFile(path) == [1])
      #expect(try fileSystem.contents(ofDirectory: directory) == ["a", "a.tmp"])
      #expect(try fileSystem.readFile(path + ".tmp") == [9])
    }
  }

  @Test func `a durable write that fails leaves no temporary file`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a"
      try fileSystem.createDirectory(path + "/full")
      #expect(throws: SystemError("rename", path + ".tmp", code: EISDIR)) {
        try fileSystem.writeFileDurably(path, [1])
      }
      #expect(try fileSystem.contents(ofDirectory: directory) == ["a"])
      let missing = directory + "/b/c"
      #expect(throws: SystemError("open", missing + ".tmp", code: ENOENT)) {
        try fileSystem.writeFileDurably(missing, [1])
      }
    }
  }

  @Test func `a file that is larger than allowed is not read`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a"
      try fileSystem.writeFileDurably(path, [1, 2, 3])
      #expect(try fileSystem.readFile(path, maximumByteCount: 3) == [1, 2, 3])
      #expect(throws: SystemError("read", path, code: EFBIG)) {
        try fileSystem.readFile(path, maximumByteCount: 2)
      }
    }
  }

  @Test func `a tree is removed, and what its links point to stays`() throws {
    try withTemporaryDirectory { directory in
      let tree = directory + "/tree"
      try fileSystem.writeFileDurably(directory + "/kept", [1])
      try fileSystem.createDirectory(tree + "/a/b/c")
      try fileSystem.writeFileDurably(tree + "/a/file", [1])
      try fileSystem.writeFileDurably(tree + "/a/b/file", [1])
      #expect(symlink(directory, tree + "/a/link") == 0)
      try fileSystem.removeTree(tree)
      #expect(try fileSystem.contents(ofDirectory: directory) == ["kept"])
      try fileSystem.removeTree(tree)
      try fileSystem.removeTree(directory + "/kept")
      #expect(try fileSystem.contents(ofDirectory: directory) == [])
    }
  }

  @Test(arguments: [
    ("/a/b", "/a"), ("/a", "/"), ("/", "/"), ("a", "."), ("a/b", "a"), ("/a//b/", "/a"), ("", "."),
  ])
  func `the parent of a path is the directory that holds it`(path: String, parent: String) {
    #expect(parentDirectory(of: path) == parent)
  }
}
