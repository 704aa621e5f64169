import Causality
import Clinic
import Documents
import JSON
import Storage
import SyncProtocol
import Synchronization

/// Documents that live but lack content (DESIGN, rule 11): they are asked for in every exchange. Found
/// once, then looked at again only when something was written that may bring one to life.
final class WantedDocuments: Sendable {
  private struct State: Sendable {
    /// All that lack content; nil if nobody has looked yet.
    var lacking: Set<DocumentKey>?
    /// Those of them that live; nil if that must be looked at again.
    var wanted: [DocumentKey]?
  }

  private let state = Mutex(State())

  var lacking: Set<DocumentKey>? { state.withLock { $0.lacking } }
  var wanted: [DocumentKey]? { state.withLock { $0.wanted } }

  func set(lacking: Set<DocumentKey>) { state.withLock { $0 = State(lacking: lacking) } }
  func set(wanted: [DocumentKey]) { state.withLock { $0.wanted = wanted } }

  /// All must be looked at again.
  func forget() { state.withLock { $0 = State() } }

  /// Takes in documents as they are from now on.
  func note(_ documents: [Document]) {
    state.withLock { state in
      guard var lacking = state.lacking else { return }
      state.lacking = nil
      let ids = Set(lacking.map(\.id))
      for document in documents {
        if document.lacksContent {
          lacking.insert(document.key)
          state.wanted = nil
        } else if lacking.remove(document.key) != nil || Self.mayConcern(document, ids) {
          state.wanted = nil
        }
      }
      state.lacking = lacking
    }
  }

  /// Whether the lives of others may follow from a document's: it was deleted or restored, or names one
  /// of them.
  private static func mayConcern(_ document: Document, _ ids: Set<UniqueID>) -> Bool {
    guard !ids.isEmpty else { return false }
    if document.hasLife { return true }
    return document.units.contains { unit in
      unit.versions.contains { version in
        version.value.members.contains { member in
          member.value.stringValue.flatMap { UniqueID($0) }.map(ids.contains) ?? false
        }
      }
    }
  }
}

extension Replica {
  /// Whether a repair has left out documents of which nothing whole was left here: everything must be fetched.
  package var hasLostDocuments: Bool {
    store.read { $0.registers[Repairer.lostRegister] != nil }
  }

  /// Such a laptop cannot give a server back what it has lost: with the knowledge the server would claim
  /// documents that it does not get, and no other laptop would send them (DESIGN, rules 13 and 18).
  /// - Parameter base: what the server knows.
  /// - Throws: `sync` if the server knows less than it did: other laptops must give it back first.
  func requireNothingLost(at base: VersionVector) throws(ReplicaError) {
    let lost = store.read { $0.registers[Repairer.lostRegister] }
    guard lost?.arrayValue?.isEmpty == false, !peer.knowledge.isCovered(by: base) else { return }
    throw .sync(
      SyncRefusal(
        .recoveryClosed,
        "the server has lost what this device knows, and a repair has lost documents here: sync the other "
          + "devices first, then this one. If no other device has them, satchel verify --give-up-lost"
      ))
  }

  /// Takes documents that a repair has lost here as gone, so that this laptop can rebuild a server. It still
  /// fetches everything; what others have of them, and the server does not get by itself, may stay with them.
  /// Durable on return.
  package func giveUpLostDocuments() throws(ReplicaError) {
    guard hasLostDocuments else { return }
    try changeRegisters { _ in [(Repairer.lostRegister, .array([]))] }
  }

  /// So many are named in one exchange.
  private static let maximumWantedCount = 100

  /// The documents that live but lack content. O(1) while nothing happens to such documents, O(those that
  /// were deleted once) else.
  func wanted() throws(ReplicaError) -> [DocumentKey] {
    if let wanted = wantedDocuments.wanted { return wanted }
    return try read { (tables) throws(ReplicaError) in
      var lacking = wantedDocuments.lacking ?? []
      if wantedDocuments.lacking == nil { lacking = try lackingContent(tables) }
      wantedDocuments.set(lacking: lacking)
      let wanted = try looking(at: tables) { (clinic) throws(ReplicaError) in
        lacking.sorted().filter { key in
          clinic.subject(key).map { !clinic.isDeleted($0.document) } ?? false
        }
      }
      let first = Array(wanted.prefix(Self.maximumWantedCount))
      wantedDocuments.set(wanted: first)
      return first
    }
  }

  private func lackingContent(
    _ tables: borrowing Tables
  ) throws(ReplicaError) -> Set<DocumentKey> {
    let all = copy tables
    return try stored { () throws(StorageError) in
      var lacking: Set<DocumentKey> = []
      for type in all.typeNames {
        for key in try all.keysWithLife(ofType: type)
        where try all.document(key)?.lacksContent ?? false { lacking.insert(key) }
      }
      return lacking
    }
  }

  /// The documents that some others refer to (DESIGN, rule 17).
  func referredTo(
    by documents: [Document], _ tables: borrowing Tables
  ) -> [DocumentKey] {
    var keys: Set<DocumentKey> = []
    for document in documents {
      guard let type = catalogue.type(named: document.key.type) else { continue }
      let fields = document.visibleFields(rules.type(type.name))
      for field in type.fields {
        guard case .reference(let target, _) = field.kind,
          let id = fields[field.name]?.stringValue.flatMap({ UniqueID($0) })
        else { continue }
        keys.insert(DocumentKey(type: target, id: id))
      }
    }
    return keys.sorted()
  }
}
