import Causality
import Planted

extension Relabelling {
  /// What the holder of a history must call otherwise, compared with a server's (DESIGN, rule 16): the
  /// last run of its transactions that the server does not call alike. Where the server knows one of
  /// them under another name, the whole run takes that name; else one that everybody on the timeline
  /// computes. A run that takes a place where another of its own stands waits until that one has moved. To be
  /// repeated until nothing differs. O(transactions).
  ///
  /// - Returns: nil if nothing differs.
  package static func difference(
    of mine: History, from theirs: History
  ) -> Relabelling? {
    var names: [UInt64: Dot] = [:]
    for entry in theirs.knowledge.entries {
      for number in 1...entry.number {
        let dot = Dot(entry.replica, number)
        if let record = theirs.record(dot) { names[record.nonce] = dot }
      }
    }
    var waiting: Relabelling?
    for entry in mine.knowledge.entries {
      guard let run = lastRun(of: entry, mine, theirs, names),
        let relabelling = relabelling(of: run, entry.replica, mine)
      else { continue }
      if mine.knowledge[relabelling.branch] == relabelling.earlier { return relabelling }
      waiting = waiting ?? relabelling
    }
    return waiting
  }

  private static func relabelling(
    of run: Run, _ replica: ReplicaID, _ mine: History
  ) -> Relabelling? {
    let shared = run.first - 1
    if let name = run.name {
      return Relabelling(
        replica: replica, shared: shared, branch: name.replica, earlier: name.number - 1)
    }
    guard let nonce = mine.record(Dot(replica, run.first))?.nonce,
      let branch = branch(
        of: replica,
        nonce: planted(Fault.relabelledAtRandom) ? nonce &+ mine.lastStamp.rawValue : nonce,
        digest: mine.digest)
    else { return nil }
    return Relabelling(replica: replica, shared: shared, branch: branch)
  }

  /// The transactions of a replica from a number on, and the server's name of the first; nil if it has
  /// none.
  private struct Run {
    let first: UInt64
    let name: Dot?
  }

  private static func lastRun(
    of entry: VersionVector.Entry, _ mine: History, _ theirs: History, _ names: [UInt64: Dot]
  ) -> Run? {
    var run: Run?
    // What the next number is called when the runs so far have moved; nil if nobody else calls it so.
    var next: Dot? = Dot(entry.replica, 1)
    for number in 1...entry.number {
      let dot = Dot(entry.replica, number)
      let name = mine.record(dot).flatMap { names[$0.nonce] }
      if name == dot {
        next = dot
      } else if let name {
        if name != next { run = Run(first: number, name: name) }
        next = name
      } else if let taken = next, isTaken(taken, entry.replica, mine, theirs) {
        run = Run(first: number, name: nil)
        next = nil
      }
      next = next.map { Dot($0.replica, $0.number + 1) }
    }
    return run
  }

  /// Whether a name belongs to another transaction already.
  private static func isTaken(
    _ dot: Dot, _ replica: ReplicaID, _ mine: History, _ theirs: History
  ) -> Bool {
    theirs.record(dot) != nil || dot.replica != replica && mine.record(dot) != nil
  }
}
