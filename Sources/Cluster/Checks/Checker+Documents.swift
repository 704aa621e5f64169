import Causality
import Documents

extension Checker {
  /// Where two machines wrote under one name, everybody on a timeline computes the same new one for it (DESIGN,
  /// rule 16): from the name before, and the nonce of its first transaction.
  mutating func checkNames(_ look: Look) throws {
    replicas.formUnion(look.after.knowledge.entries.map(\.replica))
    let history = look.after
    for branch in history.knowledge.entries.map(\.replica)
    where Relabelling.isBranch(branch) && !branches.contains(branch) {
      guard let nonce = history.record(Dot(branch, 1))?.nonce else { continue }
      let isComputed = replicas.contains {
        Relabelling.branch(of: $0, nonce: nonce, digest: history.digest) == branch
      }
      if !isComputed { throw Broken("names", "nobody else would call a timeline \(branch)") }
      branches.insert(branch)
    }
  }

  /// No document holds anything of a transaction that its replica does not know, and none twice.
  func checkDots(_ node: Node, _ look: Look) throws {
    let knowledge = look.after.knowledge
    for document in look.changes.map(\.after) {
      guard document.clock.isCovered(by: knowledge) else {
        throw Broken("knowledge", "\(node.name) holds more of \(document.key) than it knows")
      }
      for unit in document.units {
        var firsts: Set<UInt64> = []
        for version in unit.versions {
          guard let first = look.nonce(version.write.first), look.nonce(version.write.dot) != nil
          else {
            throw Broken(
              "knowledge", "\(node.name) knows no transaction for a version of \(document.key)")
          }
          if unit.name == Unit.received || firsts.insert(first).inserted { continue }
          throw Broken("twice", "\(node.name) holds one write twice: \(document.key) \(unit.name)")
        }
      }
      if document.isErased, document.hasContent {
        throw Broken("erasure", "\(node.name) keeps content of \(document.key)")
      }
    }
  }

  /// Of every transaction that a replica knows, each write is there, or was replaced by a transaction that it
  /// knows too and whose author was shown the write, or its document was erased or has left the trash. So an
  /// acknowledged write is not lost, a transaction is there as a whole or not at all, and knowledge claims
  /// nothing that is not there. What the server refused is kept aside and told (see `RestCheck`).
  func checkWrites(_ node: Node, _ look: Look) throws {
    for nonce in look.arrived {
      for place in ledger.places(of: nonce) { try checkWrite(nonce, at: place, node, look) }
    }
    for document in look.changes.map(\.after) {
      for write in ledger.writes(to: document.key) where node.seen.held.contains(write.nonce) {
        try checkWrite(
          write.nonce, at: Ledger.Place(key: document.key, unit: write.unit), node, look)
      }
    }
  }

  private func checkWrite(
    _ nonce: UInt64, at place: Ledger.Place, _ node: Node, _ look: Look
  ) throws {
    if node.lacking.contains(place.key) || gone.contains(place.key) { return }
    guard let document = node.seen.documents[place.key] else {
      throw Broken("lost", "\(node.name) knows \(nonce) and not its document \(place.key)")
    }
    let stands = document.versions(of: place.unit).contains {
      look.nonce($0.write.first) == nonce
    }
    if stands || document.isErased || document.lacksVersions(of: place.unit) { return }
    if ledger.replacing(nonce, at: place).contains(where: node.seen.held.contains) { return }
    if refused.contains(nonce) || ledger.isDropped(nonce, at: place) { return }
    throw Broken(
      "lost",
      "\(node.name) knows \(nonce) and neither its \(place.unit) of \(place.key) nor who "
        + "replaced it")
  }

  /// Nothing that a replica holds has changed.
  func requireUnchanged(_ node: Node, _ why: String) throws {
    guard let look = try node.look(afterRestart: false) else { return }
    if !look.arrived.isEmpty || !look.gone.isEmpty {
      throw Broken("repeated", "\(why) made \(look.arrived.count) transactions known")
    }
    for change in look.changes {
      if change.before.map(node.encoded) == node.encoded(change.after) { continue }
      throw Broken("repeated", "\(why) changed \(change.after.key) at \(node.name)")
    }
  }
}
