import Causality
import Clinic
import Documents
import JSON
import Planted
import Storage

extension Replica {
  /// So many documents are read at once.
  private static let fetchedAtOnce = 1000

  /// Joins parts of documents into those that are here, with what follows for skeletons and for what
  /// was erased (DESIGN, rules 4, 10, 11, 12).
  ///
  /// - Parameter runs: the transactions that come with the parts.
  func join(
    _ parts: [Document], _ runs: [TransactionRun], into transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    var returned: [(part: Document, units: [String])] = []
    var writtenTwice: [(key: DocumentKey, units: [String])] = []
    var mayHaveToDrop: [(part: Document, before: Document?)] = []
    for (number, part) in parts.enumerated() {
      if number % Self.fetchedAtOnce == 0 {
        let next = parts[number..<min(number + Self.fetchedAtOnce, parts.count)]
        try transaction.fetch(next.map(\.key))
      }
      guard let mine = try transaction.document(part.key) else {
        try transaction.take(part, isNew: true)
        if part.lacksContent || part.isErased { mayHaveToDrop.append((part, nil)) }
        continue
      }
      let brings = part.units.contains { mine.lacksVersions(of: $0.name) }
      let isNews = !part.clock.isCovered(by: mine.clock) || brings || part.lacksContent
      guard isNews else { continue }
      var joined = mine
      let units = joined.join(part) { nonce(of: $0, runs) }
      try transaction.take(joined)
      let doubled = role == .server ? joined.unitsWrittenTwice(among: part.units.map(\.name)) : []
      if !doubled.isEmpty { writtenTwice.append((part.key, doubled)) }
      if !units.isEmpty { returned.append((part, units)) }
      if part.lacksContent || joined.isErased { mayHaveToDrop.append((part, mine)) }
    }
    try transaction.fetch([])
    for (part, units) in returned { try settle(part, returned: units, in: &transaction) }
    for (key, units) in writtenTwice { try transaction.rewrite(key, units) }
    for (part, before) in mayHaveToDrop { try dropAgain(part, before, in: &transaction) }
  }

  private func nonce(of dot: Dot, _ runs: [TransactionRun]) -> UInt64? {
    store.read { $0.history.record(dot) }?.nonce ?? runs.nonce(of: dot)
  }

  /// Old content of a document that is deleted still, and has ended, stays out; what comes back at a
  /// server becomes news for all (rule 11).
  private func settle(
    _ part: Document, returned units: [String], in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    guard var document = try transaction.document(part.key) else { return }
    let staysOut = try hasEnded(document, in: transaction)
    if staysOut, !planted(Fault.oldContentComesBack) { document.drop(units) }
    for unit in units where !staysOut { document.takeBlank(unit, from: part) }
    try transaction.take(document)
    if staysOut { return }
    guard role == .server else { return }
    // While recovery is open other laptops may still bring what was dropped (rule 18).
    let isOpen =
      RecoveryState(store.read { $0.registers }).isOpen && !planted(Fault.rebuiltServerGivesUp)
    let settled = units.filter { !isOpen || !document.lacksVersions(of: $0) }
    if !settled.isEmpty, !planted(Fault.revivedNotWrittenAnew) {
      try transaction.rewrite(part.key, settled)
    }
  }

  /// A skeleton makes skeletons (rule 10), but of what lives it takes no last value (rule 11); an erased
  /// document keeps no content (rule 12).
  private func dropAgain(
    _ part: Document, _ before: Document?, in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    guard var document = try transaction.document(part.key) else { return }
    if document.isErased {
      if !planted(Fault.erasedContentKept) { document.dropContent() }
    } else if try hasEnded(document, in: transaction) {
      document.drop(part.blankUnits)
    } else if let before {
      for unit in part.dropped { document.keepBlank(unit.name, from: before) }
    }
    try transaction.take(document)
  }

  /// Whether a document is deleted, and nothing that happens to another brings it back.
  private func hasEnded(
    _ document: Document, in transaction: LocalTransaction
  ) throws(ReplicaError) -> Bool {
    guard try transaction.isDeleted(document) else { return false }
    return try transaction.looking { $0.hasEnded(document) }
  }
}
