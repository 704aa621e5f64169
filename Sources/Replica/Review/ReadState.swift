package import Clinic
package import Documents
package import JSON
package import Storage

/// A merged state that is read from somewhere that can fail. What cannot be read looks as if it were
/// not there: whoever asked must look at `failure` before the answer is used.
final class ReadState<Failure: Error>: MergedState {
  typealias Search<Found> = (
    _ type: String, _ index: String, _ key: String
  ) throws(Failure) -> [Found]

  private let find: (DocumentKey) throws(Failure) -> Document?
  private let search: Search<Document>
  /// Finds keys without reading documents; nil where that is not possible.
  private let searchKeys: Search<DocumentKey>?
  private(set) var failure: Failure?

  init(
    find: @escaping (DocumentKey) throws(Failure) -> Document?,
    search: @escaping Search<Document>, searchKeys: Search<DocumentKey>? = nil
  ) {
    self.find = find
    self.search = search
    self.searchKeys = searchKeys
  }

  func document(_ key: DocumentKey) -> Document? {
    do throws(Failure) { return try find(key) } catch {
      failure = failure ?? error
      return nil
    }
  }

  func documents(ofType type: String, index: String, key: String) -> [Document] {
    found(search, type, index, key)
  }

  func keys(ofType type: String, index: String, key: String) -> [DocumentKey]? {
    searchKeys.map { found($0, type, index, key) }
  }

  private func found<Found>(
    _ search: Search<Found>, _ type: String, _ index: String, _ key: String
  ) -> [Found] {
    do throws(Failure) { return try search(type, index, key) } catch {
      failure = failure ?? error
      return []
    }
  }
}

extension Replica {
  /// Looks at tables as a clinic's merged documents.
  package func looking<Result>(
    at tables: borrowing Tables, _ body: (MergedClinic) throws(ReplicaError) -> Result
  ) throws(ReplicaError) -> Result {
    try withState(of: copy tables) { (state) throws(ReplicaError) in try body(merged(state)) }
  }

  /// Looks at tables as a merged state.
  func withState<Result>(
    of tables: Tables, _ body: (any MergedState) throws(ReplicaError) -> Result
  ) throws(ReplicaError) -> Result {
    let state = ReadState { (key) throws(StorageError) in
      try tables.document(key)
    } search: { (type, index, key) throws(StorageError) in
      try tables.documents(ofType: type, index: index, key: key)
    } searchKeys: { (type, index, key) throws(StorageError) in
      try tables.keys(ofType: type, index: index, key: key)
    }
    let result = try body(state)
    if let failure = state.failure { throw .storage(failure) }
    return result
  }

  /// Looks at the documents as they are now.
  package func looking<Result: Sendable>(
    _ body: (MergedClinic) throws(ReplicaError) -> Result
  ) throws(ReplicaError) -> Result {
    try read { (tables) throws(ReplicaError) in try looking(at: tables, body) }
  }

  /// The visible fields of a document, with its envelope, and what follows for it from others
  /// (`effective_…`).
  /// - Parameter isComputed: whether fields that are worked out and kept nowhere are added.
  package func answer(
    _ document: Document, addingComputed isComputed: Bool = false
  ) throws(ReplicaError) -> JSONObject {
    try looking { (clinic) throws(ReplicaError) in
      answer(document, in: clinic, addingComputed: isComputed)
    }
  }

  /// Documents as answers, with what is worked out.
  package func answers(_ documents: [Document]) throws(ReplicaError) -> [JSONObject] {
    try looking { (clinic) throws(ReplicaError) in
      documents.map { answer($0, in: clinic, addingComputed: true) }
    }
  }

  /// The same of a clinic that somebody looks at.
  package func answer(
    _ document: Document, in clinic: MergedClinic, addingComputed isComputed: Bool
  ) -> JSONObject {
    var view = view(document, clinic.subject(document).fields)
    for member in clinic.effectiveFields(of: document).members {
      view.append(member.key, member.value)
    }
    guard isComputed else { return view }
    for member in clinic.computedFields(of: document).members { view[member.key] = member.value }
    return view
  }

  func merged(_ state: any MergedState) -> MergedClinic {
    MergedClinic(
      state, catalogue: catalogue, rules: rules, functions: world.clinic, now: now())
  }

  /// Whether a document is in the trash, or not there at all.
  package func isDeleted(_ key: DocumentKey) throws(ReplicaError) -> Bool {
    try looking { (clinic) throws(ReplicaError) in !clinic.isLiving(key) }
  }
}
