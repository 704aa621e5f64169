import Documents
import Platform
import Replica
import Storage

/// What a machine may keep where nothing is under way, a while after everything was.
enum BoundsCheck {
  private static let dayMilliseconds = 86_400_000
  /// Longer than a server keeps a push that does not go on.
  private static let daysOfQuiet = 8
  /// The one that is written to, and the one that is ready.
  private static let mostSegments = 2

  static func check(_ node: Node, _ world: World) throws {
    world.advance(by: daysOfQuiet * dayMilliseconds)
    _ = try node.replica.tidy()
    let layout = node.replica.store.layout
    let files = node.files
    try requireFew(Self.mostSegments, below: layout.log, files, node)
    try requireFew(1, below: layout.index, files, node)
    try requireFew(1, below: layout.history, files, node)
    try requireFew(1, below: layout.journal, files, node)
    try requireFew(0, below: layout.staged, files, node)
    if let file = files.first(where: { $0.hasSuffix(temporaryFileSuffix) }) {
      throw Broken("bounds", "\(node.name) keeps \(file)")
    }
    if node.replica.store.logByteCount > 0 {
      throw Broken("bounds", "the log of \(node.name) would be replayed after a checkpoint")
    }
    try checkSkeletons(node, world.checker.ledger)
  }

  private static func requireFew(
    _ most: Int, below directory: String, _ files: [String], _ node: Node
  ) throws {
    let found = files.filter { $0.hasPrefix("\(directory)/") }
    guard found.count > most else { return }
    throw Broken("bounds", "\(node.name) keeps \(found.joined(separator: ", "))")
  }

  /// What is left of a unit that was dropped names writes to it, each once. What is written to an erased document
  /// leaves a name and nothing else, also with its author.
  private static func checkSkeletons(_ node: Node, _ ledger: Ledger) throws {
    for (key, document) in node.seen.documents.sorted(by: { $0.key < $1.key })
    where !document.isErased {
      for unit in document.dropped {
        let written = Set(ledger.writes(to: key).filter { $0.unit == unit.name }.map(\.nonce))
        let left = Set(unit.keys.map(\.first))
        if left.count <= written.count { continue }
        throw Broken(
          "bounds",
          "\(node.name) keeps \(left.count) names of \(written.count) writes to \(unit.name) of "
            + "\(key)")
      }
    }
  }
}
