import Causality
import Documents
import Platform
import Simulation
import Storage
import Testing

/// Checks what a crash has left.
struct Survival {
  /// How the process ended.
  enum End: Sendable, CustomStringConvertible {
    case powerCut(Fate)
    /// The process alone was killed.
    case kill

    var description: String {
      switch self {
      case .powerCut(let fate): "power cut, \(fate)"
      case .kill: "process killed"
      }
    }
  }

  static let extremes: [End] = [
    .powerCut(.nothingSurvives), .powerCut(.everythingSurvives), .powerCut(.namesSurvive),
    .powerCut(.contentSurvives), .kill,
  ]

  let crashed: Player
  let end: End
  let context: String

  init(_ crashed: Player, _ end: End, _ context: String = "") {
    self.crashed = crashed
    self.end = end
    let calls = crashed.fileSystem.calls.suffix(6).map(\.description).joined(separator: " | ")
    let uncertain = crashed.fileSystem.uncertainties().joined(separator: " | ")
    self.context = "\(context) \(end); last calls: \(calls); not durable: \(uncertain)"
  }

  /// The player that goes on with what is left.
  func successor() -> Player {
    switch end {
    case .powerCut(let fate): Player(crashed, on: crashed.fileSystem.afterCrash(fate: fate))
    case .kill: Player(crashed, on: crashed.fileSystem.afterKill())
    }
  }

  /// What decides the outcome of a check: what is on the disk, and what must be there.
  struct State: Hashable {
    let disk: Int
    let acknowledged: Int
    let attempted: Int
    let isCreated: Bool
  }

  var state: State {
    let player = successor()
    return State(
      disk: player.fileSystem.fingerprint, acknowledged: player.acknowledged,
      attempted: player.attempted, isCreated: player.isCreated)
  }

  /// The store opens without repair, holds what it must and nothing else, is clean, and works.
  func checkThatItOpens() {
    let player = successor()
    do {
      guard try opens(player) else { return }
      try player.commit()
      try player.reopen()
      #expect(try player.holdsAcknowledged(), "after one more commit: \(context)")
      player.close()
    } catch {
      Issue.record("\(error): \(context)")
    }
  }

  private func opens(_ player: Player) throws(StorageError) -> Bool {
    if player.isCreated {
      let problems = try SimulatedStore.verify(player.fileSystem).problems
      #expect(problems == [], "before opening: \(context)")
    }
    guard try player.recover() else {
      Issue.record("neither old nor new: \(context)")
      return false
    }
    try checkKnowledge(player)
    return true
  }

  /// The same; and what it showed on opening survives the next power cut, a batch that is shorter than
  /// what a torn one left does no harm, and the store is clean in the end.
  func check() {
    let player = successor()
    do {
      guard try opens(player) else { return }
      let shown = Player(player, on: player.fileSystem.afterCrash(fate: .nothingSurvives))
      #expect(try shown.recover(), "what was shown is gone: \(context)")
      try player.commitNothing()
      try player.reopen()
      #expect(try player.holdsAcknowledged(), "after a short batch: \(context)")
      try player.commit()
      try player.reopen()
      #expect(try player.holdsAcknowledged(), "after one more commit: \(context)")
      player.close()
      let problems = try SimulatedStore.verify(player.fileSystem).problems
      #expect(problems == [], "after one more commit: \(context)")
    } catch {
      Issue.record("\(error): \(context)")
    }
  }

  /// Every write that a document has seen is known.
  private func checkKnowledge(_ player: Player) throws(StorageError) {
    guard let tables = player.store?.snapshot() else { return }
    for type in tables.typeNames {
      for document in try tables.documents(ofType: type) {
        #expect(document.clock.isCovered(by: tables.knowledge), "\(document.key): \(context)")
      }
    }
  }
}
