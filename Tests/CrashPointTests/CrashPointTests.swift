import Platform
import Simulation
import Storage
import Testing

struct CrashPointTests {
  /// Runs a workload up to a call at which the process dies.
  private func crash(_ workload: Workload, at number: Int) -> Player {
    let player = Player(workload, SimulatedFileSystem())
    player.fileSystem.crash(at: number)
    do { try player.playAll() } catch {
      #expect(player.fileSystem.isDead, "call \(number): \(error)")
    }
    player.close()
    return player
  }

  private func ends(_ number: Int) -> [Survival.End] {
    Survival.extremes + (0..<2).map { .powerCut(.seeded(UInt64(number * 10 + $0))) }
  }

  @Test func `wherever power fails, what was acknowledged is there, whole, and nothing else`()
    throws
  {
    let workload = try Workload.full()
    var (number, checked) = (1, 0)
    while true {
      let crashed = crash(workload, at: number)
      guard crashed.fileSystem.isDead else { break }
      for end in ends(number) {
        Survival(crashed, end, "call \(number),").check()
        checked += 1
      }
      number += 1
    }
    #expect(number > 100)
    print("crash points run: \(number - 1) calls, \(checked) ends of them")
  }

  /// How the first crash ended: each with its own list of ends, so that they run side by side.
  enum FirstEnd: CaseIterable { case kill, powerCut }

  @Test(arguments: FirstEnd.allCases)
  func `wherever power fails again during recovery, nothing is lost`(first: FirstEnd) throws {
    let workload = try Workload.full()
    var (number, checked) = (1, 0)
    while true {
      let crashed = crash(workload, at: number)
      guard crashed.fileSystem.isDead else { break }
      let end = first == .kill ? Survival.End.kill : .powerCut(.seeded(UInt64(number)))
      checked += checkRecovery(of: Survival(crashed, end, "call \(number),"), number)
      number += 1
    }
    #expect(checked > 500)
    print("crash points run: \(checked) during recovery after a \(first)")
  }

  /// Lets the process die again at every call of a recovery and the commit behind it.
  private func checkRecovery(of survival: Survival, _ seed: Int) -> Int {
    var number = 1
    while true {
      let player = survival.successor()
      player.fileSystem.crash(at: number)
      do {
        guard try player.recover() else {
          Issue.record("neither old nor new: \(survival.context)")
          return number - 1
        }
        try player.commit()
      } catch {
        #expect(player.fileSystem.isDead, "\(error): \(survival.context)")
      }
      player.close()
      guard player.fileSystem.isDead else { return number - 1 }
      let fates: [Fate] = [.nothingSurvives, .seeded(UInt64(seed * 100 + number))]
      let again = Survival(
        player, .powerCut(fates[number % 2]), "\(survival.context), then at call \(number),")
      again.checkThatItOpens()
      number += 1
    }
  }
}
