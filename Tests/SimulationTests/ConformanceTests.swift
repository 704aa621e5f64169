import Glibc
import Platform
import Simulation
import TestSupport
import Testing

struct ConformanceTests {
  /// Runs `body` with a new directory of the real file system, and removes it.
  private func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
    let parent = Host.environment("TMPDIR") ?? "/tmp"
    let path = "\(parent)/satchel-simulation-\(SystemRandom().uint64())"
    try POSIXFileSystem().createDirectory(path)
    defer { try? POSIXFileSystem().removeTree(path) }
    try body(path)
  }

  /// Every path below a directory, with the content of files.
  private func tree(_ fileSystem: any FileSystem, _ directory: String) throws -> [String] {
    guard try fileSystem.status(directory) != nil else { return [] }
    return try fileSystem.contents(ofDirectory: directory).flatMap { name -> [String] in
      let path = "\(directory)/\(name)"
      guard try fileSystem.status(path)?.kind == .directory else {
        let bytes = try fileSystem.readFile(path)
        return ["\(Array(name.utf8)) \(bytes.count) \(crc32c(bytes))"]
      }
      return ["\(Array(name.utf8))/"] + (try tree(fileSystem, path))
    }
  }

  @Test(arguments: 0..<24)
  func `the same calls give the same results and errors as on the real one`(seed: Int) throws {
    try withTemporaryDirectory { directory in
      let (real, simulated) = (POSIXFileSystem(), SimulatedFileSystem())
      try simulated.createDirectory("/t")
      var realScript = RandomScript(seed: seed, root: directory)
      var simulatedScript = RandomScript(seed: seed, root: "/t")
      for number in 0..<400 {
        let (expected, actual) = (realScript.step(real), simulatedScript.step(simulated))
        #expect(actual == expected, "seed \(seed), step \(number)")
        if actual != expected { return }
      }
      #expect(try tree(simulated, "/t") == tree(real, directory))
    }
  }

  @Test func `identity and time of creation stay with a rename, and differ between files`() throws {
    try withTemporaryDirectory { directory in
      for (fileSystem, root) in [
        (POSIXFileSystem() as any FileSystem, directory), (SimulatedFileSystem(), ""),
      ] {
        try fileSystem.make("\(root)/a", [1])
        try fileSystem.make("\(root)/b", [1])
        let before = try #require(try fileSystem.status("\(root)/a"))
        let other = try #require(try fileSystem.status("\(root)/b"))
        #expect(before.inode != other.inode && before.device == other.device)
        try fileSystem.rename("\(root)/a", to: "\(root)/b")
        #expect(try fileSystem.status("\(root)/b") == before)
        let file = try fileSystem.open("\(root)/b", .readWrite)
        try file.write([2], at: 0)
        let after = try #require(try fileSystem.status("\(root)/b"))
        #expect(after.birthTime == before.birthTime && after.modified >= before.modified)
      }
    }
  }

  @Test func `a removed file can be used while it is open`() throws {
    try withTemporaryDirectory { directory in
      for (fileSystem, root) in [
        (POSIXFileSystem() as any FileSystem, directory), (SimulatedFileSystem(), ""),
      ] {
        let file = try fileSystem.make("\(root)/a", [1])
        try fileSystem.removeFile("\(root)/a")
        try file.write([2], at: 1)
        try file.synchronize()
        #expect(try file.read(at: 0, count: 9) == [1, 2])
        file.close()
        #expect(throws: SystemError("read", "\(root)/a", code: EBADF)) {
          try file.read(at: 0, count: 1)
        }
      }
    }
  }
}
