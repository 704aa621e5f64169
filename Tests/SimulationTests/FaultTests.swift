import Glibc
import Platform
import Simulation
import Testing

struct FaultTests {
  private let fileSystem = SimulatedFileSystem()

  @Test func `a full disk takes the blocks that fit, refuses the rest, and works again`() throws {
    fileSystem.limit(bytes: 8_192)
    let file = try fileSystem.make("/a", block(1, 4_096))
    #expect(throws: SystemError("write", "/a", code: ENOSPC)) {
      try file.write(block(2, 10_000), at: 4_000)
    }
    #expect(try fileSystem.bytes("/a") == block(1, 4_000) + block(2, 4_192))
    try file.write(block(3, 8_192), at: 0)
    #expect(fileSystem.usedByteCount == 8_192)
    #expect(throws: SystemError("fallocate", "/a", code: ENOSPC)) {
      try file.reserve(byteCount: 8_193)
    }
    try file.truncate(to: 100_000)
    #expect(throws: SystemError("write", "/a", code: ENOSPC)) { try file.write([1], at: 50_000) }
    fileSystem.limit(bytes: 12_288)
    try file.write([1], at: 50_000)
    #expect(fileSystem.usedByteCount == 12_288)
    try file.truncate(to: 4_096)
    #expect(fileSystem.usedByteCount == 4_096)
  }

  @Test func `reserved room is never refused`() throws {
    fileSystem.limit(bytes: 16_384)
    let file = try fileSystem.make("/a")
    try file.reserve(byteCount: 16_384)
    #expect(try file.size() == 16_384)
    fileSystem.limit(bytes: 0)
    try file.write(block(1, 16_384), at: 0)
    #expect(throws: SystemError.self) { try fileSystem.make("/b", [1]) }
  }

  @Test func `room is given back when a removed file is closed`() throws {
    let file = try fileSystem.make("/a", block(1, 4_096))
    try fileSystem.removeFile("/a")
    #expect(fileSystem.usedByteCount == 4_096 && fileSystem.usedInodeCount == 2)
    file.close()
    #expect(fileSystem.usedByteCount == 0 && fileSystem.usedInodeCount == 1)
  }

  @Test func `a disk without inodes refuses new files and directories only`() throws {
    try fileSystem.make("/a")
    fileSystem.limit(inodes: 2)
    #expect(throws: SystemError("open", "/b", code: ENOSPC)) { try fileSystem.make("/b") }
    #expect(throws: SystemError("mkdir", "/b", code: ENOSPC)) {
      try fileSystem.createDirectory("/b")
    }
    try fileSystem.open("/a", .openOrCreate).write([1], at: 0)
    try fileSystem.rename("/a", to: "/b")
    try fileSystem.removeFile("/b")
    try fileSystem.make("/c")
  }

  @Test func `the chosen calls of a kind fail, and no others`() throws {
    let file = try fileSystem.make("/a", [1, 2])
    fileSystem.fail(InjectedFailure([.read], number: 2, code: EIO))
    #expect(try file.read(at: 0, count: 2) == [1, 2])
    #expect(!fileSystem.hasFailed)
    #expect(throws: SystemError("read", "/a", code: EIO)) { try file.read(at: 0, count: 2) }
    #expect(fileSystem.hasFailed)
    #expect(try file.read(at: 0, count: 2) == [1, 2])
    fileSystem.fail(InjectedFailure([.write, .rename], number: 1, code: EIO, lasts: true))
    #expect(throws: SystemError.self) { try file.write([3, 4], at: 0) }
    #expect(try file.read(at: 0, count: 2) == [3, 2])
    #expect(throws: SystemError.self) { try fileSystem.rename("/a", to: "/b") }
    fileSystem.fail(nil)
    try fileSystem.rename("/a", to: "/b")
  }

  @Test func `a read-only file system can be read and not changed`() throws {
    let file = try fileSystem.makeDurable("/a", [1])
    try fileSystem.createDirectory("/d")
    fileSystem.setReadOnly(true)
    let changes: [() throws -> Void] = [
      { try file.write([2], at: 0) }, { try file.truncate(to: 0) },
      { try file.reserve(byteCount: 9) },
      { try fileSystem.make("/b") }, { _ = try fileSystem.open("/a", .readWrite) },
      { _ = try fileSystem.open("/b", .openOrCreate) }, { try fileSystem.removeFile("/a") },
      { try fileSystem.rename("/a", to: "/b") }, { try fileSystem.removeDirectory("/d") },
      { try fileSystem.createDirectory("/e") },
    ]
    for change in changes {
      let error = #expect(throws: SystemError.self, performing: change)
      #expect(error?.code == EROFS)
    }
    #expect(throws: SystemError("open", "/a", code: EEXIST)) { try fileSystem.make("/a") }
    try fileSystem.createDirectory("/d")
    #expect(try fileSystem.bytes("/a") == [1])
    #expect(fileSystem.listing() == ["/a 1", "/d/"])
    fileSystem.setReadOnly(false)
    try file.write([2], at: 0)
  }

  @Test func `from the crash on every call fails and nothing changes`() throws {
    let file = try fileSystem.makeDurable("/a", [1])
    #expect(fileSystem.callCount == 4)
    _ = try fileSystem.status("/a")
    _ = try file.read(at: 0, count: 1)
    #expect(fileSystem.callCount == 4)
    fileSystem.crash(at: 6)
    try file.write([2], at: 0)
    let crashed = SimulatedFileSystem.crashCode
    #expect(throws: SystemError("fdatasync", "/a", code: crashed)) { try file.synchronize() }
    #expect(fileSystem.isDead)
    #expect(throws: SystemError("write", "/a", code: crashed)) { try file.write([3], at: 0) }
    #expect(throws: SystemError("read", "/a", code: crashed)) { try file.read(at: 0, count: 1) }
    #expect(throws: SystemError("statx", "/a", code: crashed)) { try fileSystem.status("/a") }
    #expect(throws: SystemError("open", "/b", code: crashed)) { try fileSystem.make("/b") }
    file.close()
    #expect(try fileSystem.afterCrash(fate: .nothingSurvives).bytes("/a") == [1])
    #expect(try fileSystem.afterCrash(fate: .everythingSurvives).bytes("/a") == [2])
    #expect(fileSystem.calls.last == Call(kind: .write, path: "/a"))
  }

  @Test func `reads count when that is asked for`() throws {
    try fileSystem.make("/a", [1])
    fileSystem.forgetCalls()
    fileSystem.countReads()
    #expect(try fileSystem.readFile("/a") == [1])
    #expect(fileSystem.calls.map(\.kind) == [.open, .size, .read])
    #expect(fileSystem.callCount == 3)
  }

  @Test func `parents are made one call each`() throws {
    try fileSystem.createDirectory("/a/b")
    #expect(
      fileSystem.calls.map(\.description) == [
        "makeDirectory /a/b", "makeDirectory /a", "makeDirectory /a/b",
      ])
  }

  @Test func `a bit is flipped for programs and for what is found later`() throws {
    try fileSystem.makeDurable("/a", [0, 0])
    try fileSystem.flipBit("/a", 9)
    #expect(try fileSystem.bytes("/a") == [0, 2])
    #expect(try fileSystem.afterCrash(fate: .nothingSurvives).bytes("/a") == [0, 2])
    #expect(throws: SystemError("flip", "/a", code: EINVAL)) { try fileSystem.flipBit("/a", 16) }
    #expect(throws: SystemError("flip", "/b", code: ENOENT)) { try fileSystem.flipBit("/b", 0) }
  }

  @Test func `uncertainties are named`() throws {
    try fileSystem.createDirectory("/d")
    let file = try fileSystem.make("/d/a", [1])
    let inode = try #require(try fileSystem.status("/d/a")).inode
    #expect(
      fileSystem.uncertainties() == [
        "/d = inode \(inode - 1)", "/d/a = inode \(inode)", "/d/a: 1 changes, 0 → 1 bytes",
      ])
    try file.synchronize()
    try fileSystem.synchronizeDirectory("/d")
    try fileSystem.removeFile("/d/a")
    #expect(fileSystem.uncertainties() == ["/d = inode \(inode - 1)", "/d/a removed"])
  }

  @Test func `the same seed and calls give the same numbers, times and random bytes`() throws {
    func run(_ seed: UInt64) throws -> [FileStatus?] {
      let fileSystem = SimulatedFileSystem(seed: seed)
      try fileSystem.make("/a", SimulatedRandom(seed: seed).bytes(9))
      return [try fileSystem.status("/a"), try fileSystem.status("/")]
    }
    #expect(try run(1) == run(1))
    #expect(try run(1) != run(2))
    #expect(SimulatedRandom(seed: 1).bytes(20) == SimulatedRandom(seed: 1).bytes(20))
    #expect(SimulatedRandom(seed: 1).bytes(20) != SimulatedRandom(seed: 2).bytes(20))
  }
}
