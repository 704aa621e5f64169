import Platform
import Simulation
import Storage
import TestSupport
import Testing

/// A crash at each call, also at those that only read: what they leave alike is checked once.
@Suite(.sealedToo) struct CrashPointTests {
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
    var (number, ended, checked) = (1, 0, Set<Survival.State>())
    while true {
      let crashed = crash(workload, at: number)
      guard crashed.fileSystem.isDead else { break }
      for end in ends(number) {
        let survival = Survival(crashed, end, "call \(number),")
        if checked.insert(survival.state).inserted { survival.check() }
        ended += 1
      }
      number += 1
    }
    #expect(number > 100 && checked.count > 100)
    print(
      "crash points run: \(number - 1) calls, \(ended) ends of them, \(checked.count) different")
  }

  /// How the first crash ended: each with its own list of ends, so that they run side by side.
  enum FirstEnd: CaseIterable { case kill, powerCut }

  @Test(.plainOnly, arguments: FirstEnd.allCases)
  func `wherever power fails again during recovery, nothing is lost`(first: FirstEnd) throws {
    let workload = try Workload.full()
    var (number, points) = (1, 0)
    var (begun, checked) = (Set<Survival.State>(), Set<Survival.State>())
    while true {
      let crashed = crash(workload, at: number)
      guard crashed.fileSystem.isDead else { break }
      let end = first == .kill ? Survival.End.kill : .powerCut(.seeded(UInt64(number)))
      let survival = Survival(crashed, end, "call \(number),")
      if begun.insert(survival.state).inserted {
        points += checkRecovery(of: survival, number, &checked)
      }
      number += 1
    }
    #expect(points > 500 && checked.count > 300)
    print(
      "crash points run: \(points) during \(begun.count) recoveries after a \(first), "
        + "\(checked.count) different")
  }

  /// Lets the process die again at every call of a recovery and the commit behind it.
  private func checkRecovery(
    of survival: Survival, _ seed: Int, _ checked: inout Set<Survival.State>
  ) -> Int {
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
      if checked.insert(again.state).inserted { again.checkThatItOpens() }
      number += 1
    }
  }

  /// The first power cut keeps bytes whose names it loses, the second names whose bytes it loses.
  @Test func `what the first power cut has left unnamed harms nothing after the second`() throws {
    let workload = try Workload.short()
    var (number, points) = (1, 0)
    var (begun, checked) = (Set<Survival.State>(), Set<Survival.State>())
    while true {
      let crashed = crash(workload, at: number)
      guard crashed.fileSystem.isDead else { break }
      let survival = Survival(crashed, .powerCut(.contentSurvives), "call \(number),")
      if begun.insert(survival.state).inserted {
        points += try checkCheckpoint(after: survival, &checked)
      }
      number += 1
    }
    #expect(points > 300 && checked.count > 100)
    print("crash points run: \(points) of checkpoints after a crash, \(checked.count) different")
  }

  /// A checkpoint begins with the log; what follows takes its names only when all is durable.
  private static let mostCalls = 12

  /// Lets the process die again at each of the first calls of the checkpoint that follows a recovery and a
  /// commit.
  private func checkCheckpoint(
    after survival: Survival, _ checked: inout Set<Survival.State>
  ) throws -> Int {
    for number in 1...Self.mostCalls {
      let player = survival.successor()
      guard try player.recover() else {
        Issue.record("neither old nor new: \(survival.context)")
        return number - 1
      }
      try player.commit()
      player.fileSystem.forgetCalls()
      player.fileSystem.crash(at: number)
      try? player.checkpoint()
      player.close()
      guard player.fileSystem.isDead else { return number - 1 }
      let again = Survival(
        player, .powerCut(.namesSurvive), "\(survival.context), then at call \(number),")
      if checked.insert(again.state).inserted { again.checkThatItOpens() }
    }
    return Self.mostCalls
  }
}
