import Causality
import Clinic
import Documents
import JSON
import Storage

extension Replica {
  /// So many documents are read at once.
  private static let fetchedAtOnce = 1000

  /// Joins parts of documents into those that are here, with what follows for skeletons and for what
  /// was erased (DESIGN, rules 4, 10, 11, 12).
  func join(
    _ parts: [Document], into transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    var returned: [(key: DocumentKey, units: [String])] = []
    var mayHaveToDrop: [Document] = []
    for (number, part) in parts.enumerated() {
      if number % Self.fetchedAtOnce == 0 {
        let next = parts[number..<min(number + Self.fetchedAtOnce, parts.count)]
        try transaction.fetch(next.map(\.key))
      }
      guard let mine = try transaction.document(part.key) else {
        try transaction.take(part, isNew: true)
        if part.lacksContent || part.isErased { mayHaveToDrop.append(part) }
        continue
      }
      let brings = part.units.contains { unit in mine.dropped.contains { utf8Equal($0, unit.name) }
      }
      let isNews = !part.clock.isCovered(by: mine.clock) || brings || part.lacksContent
      guard isNews else { continue }
      let (joined, units) = mine.joined(with: part, isServer: role == .server)
      try transaction.take(joined)
      if !units.isEmpty { returned.append((part.key, units)) }
      if part.lacksContent || joined.isErased { mayHaveToDrop.append(part) }
    }
    try transaction.fetch([])
    for (key, units) in returned { try settle(key, returned: units, in: &transaction) }
    for part in mayHaveToDrop { try dropAgain(part, in: &transaction) }
  }

  /// Old content of a document that is deleted still stays out; what comes back at a server becomes
  /// news for all (rule 11).
  private func settle(
    _ key: DocumentKey, returned units: [String], in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    guard var document = try transaction.document(key) else { return }
    if try transaction.isDeleted(document) {
      // What is deleted only as long as another document is, may come back with that.
      guard try transaction.looking({ $0.hasEnded(document) }) else { return }
      document.drop(units)
      try transaction.take(document)
    } else if role == .server {
      try transaction.rewrite(key, units)
    }
  }

  /// A skeleton makes skeletons (rule 10), and an erased document keeps no content (rule 12).
  private func dropAgain(
    _ part: Document, in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    guard var document = try transaction.document(part.key), document.hasContent else { return }
    if document.isErased {
      document.dropContent()
    } else if part.lacksContent, try transaction.isDeleted(document),
      try transaction.looking({ $0.hasEnded(document) })
    {
      document.drop(part.dropped)
    } else {
      return
    }
    try transaction.take(document)
  }
}
