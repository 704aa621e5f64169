import Glibc
import Platform
import Simulation
import Storage
import Testing

struct FailingDiskTests {
  private let ends =
    Survival.extremes + (0..<2).map { Survival.End.powerCut(.seeded(UInt64($0))) }

  /// Plays on after failures, opening the store again when it is poisoned or cannot go on.
  private func play(_ player: Player, onFailure: (StorageError) throws -> Void) throws {
    do { try player.create() } catch { return try onFailure(error) }
    while true {
      do {
        if try !player.playNext() { return }
      } catch {
        return try onFailure(error)
      }
    }
  }

  @Test func `whichever sync fails, nothing later is acknowledged and nothing is lost`() throws {
    let workload = try Workload.full()
    var (number, poisoned) = (1, 0)
    while true {
      let player = Player(workload, SimulatedFileSystem())
      player.fileSystem.fail(InjectedFailure(CallKind.synchronizing, number: number, code: EIO))
      try play(player) { error in
        if error.code == .poisoned {
          poisoned += 1
          for _ in 0..<3 { expectPoisoned(player, "sync \(number)") }
        } else if player.acknowledged != player.attempted {
          Issue.record("sync \(number): a commit says that nothing has changed: \(error)")
        }
      }
      guard player.fileSystem.hasFailed else { break }
      player.fileSystem.fail(nil)
      for end in ends { Survival(player, end, "sync \(number) failed,").check() }
      number += 1
    }
    #expect(number > 20 && poisoned > 5)
    print("\(number - 1) failed syncs, \(poisoned) poisoned stores")
  }

  /// Found by the simulator: the head of a segment, whose sync had failed, was taken for durable, and what was
  /// acknowledged behind it was lost with it.
  @Test func `what is acknowledged after a failed sync and a new start survives a power cut`()
    throws
  {
    let workload = try Workload.full()
    var number = 1
    while true {
      let player = Player(workload, SimulatedFileSystem())
      player.fileSystem.fail(InjectedFailure(CallKind.synchronizing, number: number, code: EIO))
      try play(player) { _ in }
      guard player.fileSystem.hasFailed else { break }
      let next = Player(player, on: player.fileSystem.afterKill())
      #expect(try next.recover(), "sync \(number)")
      if next.acknowledged < workload.batches.count { try next.commit() }
      let last = Player(next, on: next.fileSystem.afterCrash(fate: .nothingSurvives))
      #expect(try last.recover(), "sync \(number)")
      number += 1
    }
    #expect(number > 20)
  }

  private func expectPoisoned(_ player: Player, _ context: String) {
    do {
      _ = try player.store?.commit(player.workload.batches[player.acknowledged])
      Issue.record("\(context): a later commit was acknowledged")
    } catch {
      #expect(error.code == .poisoned, "\(context): \(error)")
    }
    do {
      _ = try player.store?.checkpoint()
      Issue.record("\(context): a later checkpoint went through")
    } catch {
      #expect(error.code == .poisoned, "\(context): \(error)")
    }
  }

  /// Plays a workload while the disk is full, and gives it room when it refuses something.
  private func checkFullDisk(
    _ workload: Workload, _ context: String, fill: (SimulatedFileSystem) -> Void,
    makeRoom: (SimulatedFileSystem) -> Void
  ) throws -> Bool {
    let fileSystem = SimulatedFileSystem()
    let player = Player(workload, fileSystem)
    fill(fileSystem)
    var refusals = 0
    func refused(_ error: StorageError) throws {
      refusals += 1
      #expect(error.code == .system && error.underlying?.isNoSpace == true, "\(context): \(error)")
      player.noteRefusal()
      if player.store != nil { #expect(try player.holdsAcknowledged(), "\(context)") }
      for end in [Survival.End.kill, .powerCut(.nothingSurvives), .powerCut(.everythingSurvives)] {
        makeRoom(fileSystem)
        Survival(player, end, "\(context), refused,").check()
      }
    }
    do { try player.create() } catch {
      try refused(error)
      try player.create()
    }
    while true {
      do {
        if try !player.playNext() { break }
      } catch {
        try refused(error)
        #expect(throws: Never.self, "\(context): no room again") { _ = try player.playNext() }
      }
    }
    #expect(refusals <= 1, "\(context)")
    #expect(try player.holdsAcknowledged(), "\(context)")
    player.close()
    #expect(try SimulatedStore.verify(fileSystem).problems == [], "\(context)")
    return refusals > 0
  }

  @Test func `a full disk refuses cleanly at every size, and works again`() throws {
    let workload = try Workload.full()
    var (blocks, refused) = (0, 0)
    while try checkFullDisk(
      workload, "\(blocks) blocks", fill: { $0.limit(bytes: blocks * 4_096) },
      makeRoom: { $0.limit(bytes: .max) })
    {
      (blocks, refused) = (blocks + 1, refused + 1)
    }
    #expect(refused > 10)
    print("\(refused) sizes of a full disk")
  }

  @Test func `a disk without inodes refuses cleanly at every number, and works again`() throws {
    let workload = try Workload.full()
    var (inodes, refused) = (1, 0)
    while try checkFullDisk(
      workload, "\(inodes) inodes", fill: { $0.limit(inodes: inodes) },
      makeRoom: { $0.limit(inodes: .max) })
    {
      (inodes, refused) = (inodes + 1, refused + 1)
    }
    #expect(refused > 10)
    print("\(refused) numbers of inodes on a full disk")
  }

  @Test func `a disk that is full from any call on refuses cleanly, and works again`() throws {
    let workload = try Workload.full()
    var number = 1
    while try checkFullDisk(
      workload, "full from call \(number)",
      fill: {
        $0.fail(
          InjectedFailure(
            [.create, .makeDirectory, .write, .reserve], number: number, code: ENOSPC, lasts: true))
      }, makeRoom: { $0.fail(nil) })
    {
      number += 1
    }
    #expect(number > 30)
    print("\(number - 1) calls from which on the disk was full")
  }

  @Test func `whatever cannot be read on opening is an error, and nothing changes`() throws {
    let workload = try Workload.full()
    let player = Player(workload, SimulatedFileSystem())
    try player.playAll()
    let kinds: Set<CallKind> = [.open, .read, .size, .contents, .status]
    var (number, refused) = (1, 0)
    while true {
      let next = Player(player, on: player.fileSystem.afterKill())
      let before = try content(of: next.fileSystem)
      next.fileSystem.fail(InjectedFailure(kinds, number: number, code: EIO))
      do {
        #expect(try next.recover(), "call \(number)")
      } catch {
        refused += 1
        #expect(error.code == .system && error.underlying?.code == EIO, "call \(number): \(error)")
        #expect(error.description.hasSuffix("Input/output error"))
      }
      guard next.fileSystem.hasFailed else { break }
      next.close()
      next.fileSystem.fail(nil)
      #expect(try content(of: next.fileSystem) == before, "call \(number)")
      #expect(try next.recover(), "call \(number)")
      number += 1
    }
    #expect(number > 10 && refused > 10)
    print("\(number - 1) failed reads on opening, \(refused) reported")
  }

  /// Every file with its bytes.
  private func content(of fileSystem: SimulatedFileSystem) throws -> [String] {
    try fileSystem.listing().map { line in
      guard !line.hasSuffix("/"), let end = line.lastIndex(of: " ") else { return line }
      return "\(line) \(crc32c(try fileSystem.readFile(String(line[..<end]))))"
    }
  }
}
