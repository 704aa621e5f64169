import Causality
import Clinic
import Documents
import JSON
import Planted
import Storage

extension Replica {
  /// So many documents are read at once.
  static let fetchedAtOnce = 1000

  /// Joins parts of documents into those that are here (DESIGN, rule 4).
  ///
  /// - Parameters:
  ///   - runs: the transactions that come with the parts.
  ///   - open: takes in what follows for skeletons: to be settled when all has come.
  func join(
    _ parts: [Document], _ runs: [TransactionRun], into transaction: inout LocalTransaction,
    _ open: inout OpenJoins
  ) throws(ReplicaError) {
    var writtenTwice: [(key: DocumentKey, units: [String])] = []
    for (number, part) in parts.enumerated() {
      if number % Self.fetchedAtOnce == 0 {
        let next = parts[number..<min(number + Self.fetchedAtOnce, parts.count)]
        try transaction.fetch(next.map(\.key))
      }
      guard let mine = try transaction.document(part.key) else {
        try transaction.take(Self.withoutErased(part), isNew: true)
        if part.lacksContent { open.mayHaveToDrop.append((part, nil)) }
        continue
      }
      let brings = part.units.contains { mine.lacksVersions(of: $0.name) }
      let isNews = !part.clock.isCovered(by: mine.clock) || brings || part.lacksContent
      guard isNews else { continue }
      var joined = mine
      let units = joined.join(part) { nonce(of: $0, runs) }
      try transaction.take(Self.withoutErased(joined))
      let doubled = role == .server ? joined.unitsWrittenTwice(among: part.units.map(\.name)) : []
      if !doubled.isEmpty { writtenTwice.append((part.key, doubled)) }
      if !units.isEmpty { open.returned.append((part, units)) }
      if part.lacksContent { open.mayHaveToDrop.append((part, mine)) }
    }
    try transaction.fetch([])
    for (key, units) in writtenTwice { try transaction.rewrite(key, units) }
  }

  /// What follows from all that was joined for skeletons (DESIGN, rules 10 and 11): whether a document is deleted may
  /// hang on any other that came.
  func settle(_ open: OpenJoins, in transaction: inout LocalTransaction) throws(ReplicaError) {
    for (part, units) in open.returned { try settle(part, returned: units, in: &transaction) }
    for (part, before) in open.mayHaveToDrop { try dropAgain(part, before, in: &transaction) }
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
      RecoveryState(store.read { $0.registers }).isOpen
    let settled = units.filter { !isOpen || !document.lacksVersions(of: $0) }
    if !settled.isEmpty {
      try transaction.rewrite(part.key, settled)
    }
  }

  /// An erased document keeps no content (rule 12), whatever else comes.
  private static func withoutErased(_ document: Document) -> Document {
    guard document.isErased, !planted(Fault.erasedContentKept) else { return document }
    var document = document
    document.dropContent()
    return document
  }

  /// A skeleton makes skeletons (rule 10), but of what lives it takes no last value (rule 11).
  private func dropAgain(
    _ part: Document, _ before: Document?, in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    guard var document = try transaction.document(part.key) else { return }
    if document.isErased { return }
    if try hasEnded(document, in: transaction) {
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

/// What can be decided only when all parts of a change-set are joined.
struct OpenJoins {
  /// Parts that brought units of which versions had been dropped here.
  var returned: [(part: Document, units: [String])] = []
  /// Parts from where something was dropped, with the document as it was before.
  var mayHaveToDrop: [(part: Document, before: Document?)] = []
}
