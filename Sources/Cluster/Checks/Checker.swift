import Causality
import Documents
import Replica
import Storage

/// Looks after every step at what the replicas hold, and says which promise was not kept.
struct Checker {
  private enum Restart { case none, same, older }

  private(set) var ledger = Ledger()
  /// Whether the server may put back what a laptop wrote.
  let isJudged: Bool
  private var writer: Node?
  /// The transactions that the server has refused.
  private(set) var refused: Set<UInt64> = []
  /// Documents that nobody has any more: the only machine that had them was damaged.
  var gone: Set<DocumentKey> = []
  /// All names of replicas, and those among them of which it is known that everybody computes them so.
  var replicas: Set<ReplicaID> = []
  var branches: Set<ReplicaID> = []
  /// Whether who writes in this step may replace what is not shown: somebody who settles an item is shown
  /// all of it.
  private var isKnowing = true
  private(set) var active: [Node] = []
  private var restarts: [(node: Node, kind: Restart)] = []

  init(isJudged: Bool) { self.isJudged = isJudged }

  mutating func begin(_ nodes: [Node]) throws {
    for node in nodes {
      writer = node
      try look(at: [node])
    }
  }

  /// - Parameter active: the machines that the server waits for.
  mutating func beginStep(_ active: [Node]) {
    (writer, isKnowing, restarts, self.active) = (nil, true, [], active)
  }

  /// Who may write transactions of its own in this step.
  mutating func noteWriter(_ node: Node, isKnowing: Bool) {
    (writer, self.isKnowing) = (node, isKnowing)
  }

  /// A machine that was started again on its own disk.
  mutating func noteRestart(_ node: Node) { restarts.append((node, .same)) }

  /// A machine that holds less than before: that is no mistake of its own.
  mutating func noteGoneBack(_ node: Node) {
    node.seen = Sight()
    node.hasGoneBack = true
    restarts.append((node, .older))
  }

  /// A machine that may have lost something to damage. What it was about to replace in this step is known.
  mutating func noteRepaired(_ node: Node) {
    let before = node.seen
    noteGoneBack(node)
    node.seenBeforeRepair = before
  }

  mutating func noteNew(_ node: Node) {
    node.hasGoneBack = true
    restarts.append((node, .older))
  }

  private func restart(of node: Node) -> Restart {
    restarts.last { $0.node === node }?.kind ?? .none
  }

  /// - Throws: `Broken` if a promise was not kept.
  mutating func look(at nodes: [Node]) throws {
    for node in nodes {
      let restart = restart(of: node)
      let documents = node.seen.documents
      guard let look = try node.look(afterRestart: restart != .none) else { continue }
      if restart == .same { try checkRestart(node, look, documents) }
      try checkHeld(node, look)
      if isJudged, node.role == .server { noteRefused(node, look) }
      try record(node, look)
      try checkNames(look)
      try checkDots(node, look)
      try checkWrites(node, look)
      try checkRules(node, look)
    }
    restarts = []
  }

  /// What was acknowledged is there after a restart; where nobody was writing, all is as it was.
  private func checkRestart(
    _ node: Node, _ look: Look, _ before: [DocumentKey: Document]
  ) throws {
    let lacking = before.keys.filter { node.seen.documents[$0] == nil }.min()
    if let lacking { throw Broken("restart", "\(node.name) lost \(lacking)") }
    guard writer == nil else { return }
    for change in look.changes {
      let old = change.before.map(node.encoded)
      if old == node.encoded(change.after) { continue }
      throw Broken("restart", "\(node.name) shows another \(change.after.key)")
    }
  }

  private mutating func noteRefused(_ server: Node, _ look: Look) {
    let dots = Replica.parked(server.replica.read { $0.registers })
    refused.formUnion(dots.compactMap { look.nonce($0) })
  }

  /// Takes down what left the trash.
  mutating func notePurged(_ document: Document, _ history: History) {
    for unit in document.units where unit.holdsContent {
      let place = Ledger.Place(key: document.key, unit: unit.name)
      for nonce in unit.versions.compactMap({ history.record($0.write.first)?.nonce }) {
        ledger.add(nonce, dropped: place)
      }
    }
  }

  /// Knowledge never shrinks, except where a disk was put back.
  private func checkHeld(_ node: Node, _ look: Look) throws {
    guard let gone = look.gone.first else { return }
    throw Broken(
      "knowledge", "\(node.name) no longer knows \(look.gone.count) transactions, such as \(gone)")
  }

  /// Takes down what was written in this step, and checks that nothing was replaced unseen.
  private mutating func record(_ node: Node, _ look: Look) throws {
    let new = look.arrived.filter { !ledger.knows($0) }
    if new.isEmpty { return }
    guard writer === node else {
      throw Broken("origin", "\(node.name) knows a transaction that nobody wrote: \(new[0])")
    }
    for nonce in new { ledger.add(nonce) }
    let fresh = Set(new)
    for change in look.changes {
      for unit in change.after.units where unit.name != Unit.received {
        try record(node, look, change, unit, fresh)
      }
    }
  }

  private mutating func record(
    _ node: Node, _ look: Look, _ change: Look.Change, _ unit: Unit, _ fresh: Set<UInt64>
  ) throws {
    let place = Ledger.Place(key: change.after.key, unit: unit.name)
    let own = unit.versions.filter { look.nonce($0.write.dot).map(fresh.contains) ?? false }
    guard !own.isEmpty else { return }
    for version in own where version.write.first == version.write.dot && !version.isPutBack {
      guard let nonce = look.nonce(version.write.dot) else { continue }
      ledger.add(nonce, wrote: place)
      if unit.name == Unit.life { ledger.add(nonce, knowing: node.seen.held) }
    }
    let left = Set(unit.versions.compactMap { look.nonce($0.write.first) })
    let before = change.before?.versions(of: unit.name) ?? []
    // What a server writes anew while it takes a push in replaces nothing that stood there.
    let replacing =
      isKnowing || node.role == .laptop ? own : own.filter { $0.write.first == $0.write.dot }
    for version in before {
      guard let old = look.nonceBefore(version.write.first), !left.contains(old) else { continue }
      for nonce in replacing.compactMap({ look.nonce($0.write.dot) }) {
        ledger.add(nonce, replaced: old, at: place)
      }
    }
    if node.role == .server { noteReplacedOnArrival(node, look, place, own, left) }
    if !isKnowing, node.role == .laptop {
      try checkShown(node, place, before, own, left, look)
    }
  }

  /// What the server writes while it takes a push in replaces what the push brought, also where it puts
  /// something back.
  private mutating func noteReplacedOnArrival(
    _ node: Node, _ look: Look, _ place: Ledger.Place, _ own: [Version], _ left: Set<UInt64>
  ) {
    // What is put back keeps the first dot that it had.
    let arrived = Set(look.arrived)
    for version in own {
      let isCopy = version.write.first != version.write.dot
      guard isJudged || !isCopy, let nonce = look.nonce(version.write.dot) else { continue }
      for write in ledger.writes(to: place.key) where write.unit == place.unit {
        guard node.seen.held.contains(write.nonce), !left.contains(write.nonce) else { continue }
        if isCopy, !arrived.contains(write.nonce) { continue }
        ledger.add(nonce, replaced: write.nonce, at: place)
      }
    }
  }

  /// A plain write replaces what was shown to its author, and what is equal to that, and nothing else.
  private func checkShown(
    _ node: Node, _ place: Ledger.Place, _ before: [Version], _ own: [Version], _ left: Set<UInt64>,
    _ look: Look
  ) throws {
    guard place.unit != Unit.life else { return }
    let rule = node.replica.rules.type(place.key.type).unit(named: place.unit)
    guard let shown = rule.shown(of: before) else { return }
    for version in before where !version.hasSameValue(as: shown) && !version.isPutBack {
      guard let nonce = look.nonceBefore(version.write.first), !left.contains(nonce) else {
        continue
      }
      // One of several transactions of a step may have been shown what the one before it wrote.
      if own.count > 1 { continue }
      throw Broken("unseen", "\(node.name) replaced a value of \(place) that was not shown")
    }
  }
}
