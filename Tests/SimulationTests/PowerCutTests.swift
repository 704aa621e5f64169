import Glibc
import Platform
import Simulation
import Testing

struct PowerCutTests {
  private let fileSystem = SimulatedFileSystem()

  private func found(_ path: String, _ fate: Fate) throws -> [UInt8]? {
    try fileSystem.afterCrash(fate: fate).bytes(path)
  }

  @Test func `a sync makes bytes durable, not the name`() throws {
    let file = try fileSystem.make("/a", [1, 2, 3])
    try file.synchronize()
    #expect(try found("/a", .nothingSurvives) == nil)
    try fileSystem.synchronizeDirectory("/")
    #expect(try found("/a", .nothingSurvives) == [1, 2, 3])
  }

  @Test func `the sync of a directory makes the name durable, not the bytes`() throws {
    try fileSystem.make("/a", [1, 2, 3])
    try fileSystem.synchronizeDirectory("/")
    #expect(try found("/a", .nothingSurvives) == [])
    #expect(try found("/a", .namesSurvive) == [0, 0, 0])
    #expect(try found("/a", .contentSurvives) == [1, 2, 3])
    #expect(try found("/a", .everythingSurvives) == [1, 2, 3])
  }

  @Test func `the sync of the file system makes everything durable`() throws {
    try fileSystem.createDirectory("/a/b")
    try fileSystem.make("/a/b/c", [1])
    try fileSystem.synchronizeFileSystem("/a")
    #expect(fileSystem.uncertainties() == [])
    for fate in manyFates { #expect(try found("/a/b/c", fate) == [1], "\(fate)") }
  }

  @Test func `a new directory is lost with its name, whatever is durable in it`() throws {
    try fileSystem.createDirectory("/a/b")
    try fileSystem.makeDurable("/a/b/c", [1])
    try fileSystem.synchronizeDirectory("/a")
    #expect(fileSystem.afterCrash(fate: .nothingSurvives).listing() == [])
    try fileSystem.synchronizeDirectory("/")
    #expect(try found("/a/b/c", .nothingSurvives) == [1])
  }

  @Test func `every sector of a write is kept or lost on its own, and none is torn`() throws {
    let file = try fileSystem.makeDurable("/a", block(1, 1536))
    try file.write(block(2, 1536), at: 0)
    var seen: Set<[UInt8]> = []
    for seed in 0..<200 {
      let bytes = try #require(try found("/a", .seeded(UInt64(seed))))
      let sectors = (0..<3).map { Array(bytes[$0 * 512..<$0 * 512 + 512]) }
      #expect(sectors.allSatisfy { $0 == block(1) || $0 == block(2) })
      seen.insert(sectors.map { $0[0] })
    }
    #expect(seen.count == 8)
  }

  @Test func `a later write may be kept where an earlier one is lost`() throws {
    let file = try fileSystem.makeDurable("/a", block(0, 1024))
    try file.write(block(1), at: 0)
    try file.write(block(2), at: 512)
    let seen = try Set(
      (0..<100).compactMap { seed -> [UInt8]? in
        guard let bytes = try found("/a", .seeded(UInt64(seed))) else { return nil }
        return [bytes[0], bytes[512]]
      })
    #expect(seen == [[0, 0], [1, 0], [0, 2], [1, 2]])
  }

  @Test func `what a sync covered is there whatever becomes of later writes`() throws {
    let file = try fileSystem.makeDurable("/a", block(1))
    try file.write([2], at: 100)
    try file.synchronize()
    try file.write([3], at: 200)
    for fate in manyFates {
      let bytes = try #require(try found("/a", fate))
      #expect(bytes.count == 512 && bytes[0] == 1 && bytes[100] == 2, "\(fate)")
      #expect(bytes[200] == 1 || bytes[200] == 3, "\(fate)")
    }
  }

  @Test func `a file that grew has the new bytes, zeros, or the old size`() throws {
    let file = try fileSystem.makeDurable("/a", [1, 1])
    try file.write(block(2, 1024), at: 2)
    var sizes: Set<Int> = []
    for seed in 0..<200 {
      let bytes = try #require(try found("/a", .seeded(UInt64(seed))))
      sizes.insert(bytes.count)
      #expect(Array(bytes.prefix(2)) == [1, 1])
      #expect(bytes.dropFirst(2).allSatisfy { $0 == 0 || $0 == 2 })
    }
    #expect(sizes == [2, 1026])
  }

  @Test func `bytes that were cut off do not come back as part of later ones`() throws {
    let file = try fileSystem.makeDurable("/a", block(1, 2048))
    try file.truncate(to: 0)
    try file.synchronize()
    try file.truncate(to: 2048)
    for fate in manyFates {
      #expect(try found("/a", fate)?.allSatisfy { $0 == 0 } == true, "\(fate)")
    }
  }

  @Test func `a rename leaves the old state or the new one`() throws {
    try fileSystem.makeDurable("/a", [1])
    try fileSystem.makeDurable("/b", [2])
    try fileSystem.rename("/a", to: "/b")
    var seen: Set<[String]> = []
    for fate in manyFates {
      let after = fileSystem.afterCrash(fate: fate)
      seen.insert(after.listing())
      #expect(try after.bytes("/b") == (after.bytes("/a") == nil ? [1] : [2]), "\(fate)")
    }
    #expect(seen == [["/a 1", "/b 1"], ["/b 1"]])
  }

  @Test func `a rename between directories is one step, durable in both at once`() throws {
    for (synchronized, number) in [("/from", 0), ("/to", 1)] {
      let fileSystem = SimulatedFileSystem(seed: UInt64(number))
      try fileSystem.createDirectory("/from")
      try fileSystem.createDirectory("/to")
      try fileSystem.makeDurable("/from/a", [1])
      try fileSystem.synchronizeFileSystem("/")
      try fileSystem.rename("/from/a", to: "/to/a")
      for fate in manyFates {
        let after = fileSystem.afterCrash(fate: fate)
        #expect(try (after.bytes("/from/a") == nil) != (after.bytes("/to/a") == nil), "\(fate)")
      }
      try fileSystem.synchronizeDirectory(synchronized)
      let after = fileSystem.afterCrash(fate: .nothingSurvives)
      #expect(after.listing() == ["/from/", "/to/", "/to/a 1"])
    }
  }

  @Test func `a rename before the bytes are durable may leave an empty or zeroed file`() throws {
    try fileSystem.makeDurable("/a", [1, 1])
    try fileSystem.make("/a.tmp", [2, 2])
    try fileSystem.rename("/a.tmp", to: "/a")
    try fileSystem.synchronizeDirectory("/")
    #expect(try found("/a", .nothingSurvives) == [])
    #expect(try found("/a", .namesSurvive) == [0, 0])
  }

  @Test func `a removal that is lost brings the file back`() throws {
    try fileSystem.makeDurable("/a", [1])
    try fileSystem.removeFile("/a")
    #expect(try fileSystem.bytes("/a") == nil)
    #expect(try found("/a", .nothingSurvives) == [1])
    #expect(try found("/a", .everythingSurvives) == nil)
    try fileSystem.synchronizeDirectory("/")
    #expect(try found("/a", .nothingSurvives) == nil)
  }

  @Test func `changes of one name are kept in order, those of different names in any`() throws {
    try fileSystem.make("/a")
    try fileSystem.rename("/a", to: "/b")
    try fileSystem.make("/c")
    let seen = Set(manyFates.map { fileSystem.afterCrash(fate: $0).listing() })
    #expect(
      seen == [[], ["/a 0"], ["/b 0"], ["/c 0"], ["/a 0", "/c 0"], ["/b 0", "/c 0"]])
  }

  @Test func `a failed sync forgets for good, unless the bytes are written again`() throws {
    let file = try fileSystem.makeDurable("/a", block(1))
    try file.write(block(2), at: 0)
    fileSystem.fail(InjectedFailure([.synchronize], number: 1, code: EIO))
    #expect(throws: SystemError("fdatasync", "/a", code: EIO)) { try file.synchronize() }
    try file.synchronize()
    #expect(try fileSystem.bytes("/a") == block(2))
    #expect(try found("/a", .nothingSurvives) == block(1))
    #expect(try found("/a", .everythingSurvives) == block(2))
    try file.write([3], at: 0)
    try file.synchronize()
    #expect(try found("/a", .nothingSurvives) == [3] + block(2, 511))
  }

  @Test func `a failed sync of everything forgets every file`() throws {
    try fileSystem.make("/a", [1])
    fileSystem.fail(InjectedFailure([.synchronizeFileSystem], number: 1, code: EIO))
    #expect(throws: SystemError.self) { try fileSystem.synchronizeFileSystem("/") }
    try fileSystem.synchronizeFileSystem("/")
    #expect(try found("/a", .nothingSurvives) == [])
    #expect(try found("/a", .everythingSurvives) == [1])
  }

  @Test func `a killed process leaves what it wrote, to be lost by a later power cut`() throws {
    let file = try fileSystem.make("/a", [1])
    #expect(try file.tryLock())
    let next = fileSystem.afterKill()
    #expect(try next.bytes("/a") == [1])
    #expect(try next.open("/a", .read).tryLock())
    #expect(next.afterCrash(fate: .nothingSurvives).listing() == [])
    try next.open("/a", .read).synchronize()
    try next.synchronizeDirectory("/")
    #expect(try next.afterCrash(fate: .nothingSurvives).bytes("/a") == [1])
    #expect(try found("/a", .nothingSurvives) == nil)
  }

  @Test func `after a power cut all that is there is durable, with identity and no lock`() throws {
    let file = try fileSystem.makeDurable("/a", [1])
    #expect(try file.tryLock())
    let after = fileSystem.afterCrash(fate: .nothingSurvives)
    #expect(try after.open("/a", .read).tryLock())
    #expect(try after.status("/a") == fileSystem.status("/a"))
    #expect(after.uncertainties() == [])
    #expect(after.callCount == 0 && !after.isDead)
  }

  @Test(arguments: 0..<30)
  func `extremes are what programs saw and what was made durable`(seed: Int) throws {
    let simulated = SimulatedFileSystem(seed: UInt64(seed))
    try simulated.createDirectory("/t")
    var script = RandomScript(seed: seed, root: "/t")
    for _ in 0..<150 { _ = script.step(simulated) }
    let kept = simulated.afterCrash(fate: .everythingSurvives)
    #expect(kept.listing() == simulated.listing())
    #expect(kept.usedByteCount <= simulated.usedByteCount)
    #expect(kept.usedInodeCount <= simulated.usedInodeCount)
    try simulated.synchronizeFileSystem("/")
    script.closeAll()
    for fate in [Fate.nothingSurvives, .seeded(UInt64(seed))] {
      let after = simulated.afterCrash(fate: fate)
      #expect(after.listing() == simulated.listing())
      #expect(after.usedByteCount == simulated.usedByteCount)
      #expect(after.usedInodeCount == simulated.usedInodeCount)
    }
  }
}
