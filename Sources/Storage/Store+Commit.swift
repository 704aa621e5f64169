package import Causality
package import Documents
import JSON
import Platform
import Synchronization

/// A batch that is on its way. The thread that staged it must wait for it: it may be its turn to do
/// the writing for all.
package struct CommitTicket: Sendable {
  let commit: PendingCommit
  let leads: Bool
}

extension Store {
  /// Makes a batch durable, then visible.
  ///
  /// - Throws: `system` if it was refused: nothing has changed. `poisoned` if nobody knows what is
  ///   durable: nothing more is accepted until the store is opened again.
  package func commit(_ batch: Batch) throws(StorageError) {
    guard !batch.isEmpty else { return }
    try wait(for: try stage(batch))
  }

  /// Puts a batch behind all that are on their way. Later batches may build on it (see `Ahead`); it is
  /// neither durable nor visible before `wait` has returned.
  ///
  /// The caller stages batches in the order in which they build on each other.
  package func stage(_ batch: Batch) throws(StorageError) -> CommitTicket {
    var batch = batch
    if batch.details.isEmpty { batch.details = details(of: batch.documents) }
    let commit = PendingCommit(batch: batch, log: try encode(batch))
    return state.withLock { state in
      Self.checkRuns(of: batch, known: Ahead.knowledge(state))
      return CommitTicket(commit: commit, leads: state.queue.add(commit))
    }
  }

  /// What can be worked out of a document before it is staged. O(document).
  func details(of document: Document) -> DocumentDetails {
    let fields = document.visibleFields(environment.rules.type(document.key.type))
    return DocumentDetails(fields: fields, keys: indexes.keys(of: document, fields: fields))
  }

  func details(of documents: [Document]) -> [DocumentDetails] {
    inChunks(documents.count) { documents[$0].map(details) }.flatMap { $0 }
  }

  func encode(_ batch: Batch) throws(StorageError) -> LogBatch {
    let codec = RecordCodec(rules: environment.rules)
    var records: [(kind: Frame.Kind, payload: [UInt8])] = []
    records.reserveCapacity(batch.documents.count + batch.runs.count + batch.registers.count)
    let payloads = inChunks(batch.documents.count) { range in
      var encoder = DocumentEncoder(embedsTable: true)
      return range.map { place in
        codec.encode(batch.documents[place], fields: batch.details[place].fields, with: &encoder)
      }
    }
    for payload in payloads.joined() { records.append((.document, payload)) }
    for document in batch.replaced { records.append((.replaced, codec.encode(document))) }
    for cut in batch.cuts { records.append((.cut, codec.encode(cut))) }
    for run in batch.runs { records.append((.transactions, codec.encode(run))) }
    for (name, value) in batch.registers {
      records.append((.register, codec.encode(register: name, value)))
    }
    let limit = Frame.maximumPayloadByteCount - environment.seal.overhead
    if let record = records.first(where: { $0.payload.count > limit }) {
      throw StorageError(
        .system, path: layout.root,
        problem: "a record of \(record.payload.count) bytes is longer than "
          + "\(limit)")
    }
    return LogBatch(
      records: records, mark: environment.random.uint64(), begun: batch.begun?.name)
  }

  /// A batch with a gap must not reach the log: no opening could read it.
  private static func checkRuns(of batch: Batch, known: VersionVector) {
    var known = batch.cuts.reduce(known) { $0.limited($1.replica, to: $1.keep) }
    for run in batch.runs {
      precondition(
        run.first >= 1 && run.first <= known[run.replica] + 1,
        "a batch leaves out transactions of \(run.replica)")
      known.include(Dot(run.replica, run.last))
    }
  }

  /// Waits until a staged batch is durable and visible. Throws as `commit` does; whatever was staged
  /// behind a batch that fails, fails with it.
  package func wait(for ticket: CommitTicket) throws(StorageError) {
    if ticket.leads { lead() }
    while true {
      if let outcome = ticket.commit.wait() { return try outcome.get() }
      lead()
    }
  }

  /// Waits until all that is on its way is durable. Needs no disk that can be written if nothing is.
  package func drain() throws(StorageError) { try wait(for: try stage(Batch())) }

  /// Writes all that has gathered, and gives the lead to the first of those that gathered meanwhile.
  private func lead() {
    log.withLock { log in
      let writing = state.withLock { $0.queue.beginWriting() }
      let filled = writing.filter { !$0.log.isEmpty }
      let places: [[LogPlace]]
      do throws(StorageError) {
        places = filled.isEmpty ? [] : try log.append(filled.map(\.log))
      } catch {
        let failed = state.withLock { $0.queue.fail() }
        for commit in failed { commit.finish(.failure(error)) }
        return
      }
      if environment.preparesSegments, log.wantsNextSegment { segments.prepareSoon() }
      let next = state.withLock { state in
        for (commit, places) in zip(filled, places) { Self.apply(commit, at: places, to: &state) }
        return state.queue.endWriting()
      }
      for commit in writing { commit.finish(.success(())) }
      next?.lead()
    }
  }

  /// - Parameter places: of the batch's records, documents first.
  private static func apply(
    _ commit: PendingCommit, at places: [LogPlace], to state: inout State
  ) {
    let batch = commit.batch
    if let begun = batch.begun { state.tables.take(begun) }
    for (number, document) in batch.documents.enumerated() {
      state.tables.put(document, at: .log(places[number]), keys: batch.details[number].keys)
    }
    for (number, document) in batch.replaced.enumerated() {
      state.tables.addReplaced(document.key, at: places[batch.documents.count + number])
    }
    for cut in batch.cuts { state.tables.cut(cut) }
    for run in batch.runs { _ = state.tables.append(run) }
    for register in batch.registers { state.tables.setRegister(register.name, register.value) }
    state.tables.addMark(commit.log.mark)
  }
}

/// What a writer builds on: the store as it will be once all that is on its way is durable.
///
/// Only one thread at a time may stage what it builds on it; others only make durable what was staged,
/// which changes nothing here.
package struct Ahead: Sendable {
  let store: Store

  package init(_ store: Store) { self.store = store }

  package var knowledge: VersionVector { store.state.withLock { Self.knowledge($0) } }

  static func knowledge(_ state: borrowing Store.State) -> VersionVector {
    var knowledge = state.tables.knowledge
    for batch in state.queue.pending.map(\.batch) {
      for cut in batch.cuts { knowledge = knowledge.limited(cut.replica, to: cut.keep) }
      for run in batch.runs { knowledge.include(Dot(run.replica, run.last)) }
    }
    return knowledge
  }

  /// What can be worked out of a document before it is staged. O(document).
  package func details(of document: Document) -> DocumentDetails { store.details(of: document) }

  package func details(of documents: [Document]) -> [DocumentDetails] {
    store.details(of: documents)
  }

  package func document(_ key: DocumentKey) throws(StorageError) -> Document? {
    try store.state.withLock { (state) throws(StorageError) in try Self.document(key, state) }
  }

  private static func document(
    _ key: DocumentKey, _ state: borrowing Store.State
  ) throws(StorageError) -> Document? {
    for commit in state.queue.pending.reversed() {
      if let place = commit.places[key] { return commit.batch.documents[place] }
    }
    return try state.tables.document(key)
  }

  /// Documents in the order of their keys; nil where there is none. Many are read at once.
  package func documents(_ keys: [DocumentKey]) throws(StorageError) -> [Document?] {
    try store.state.withLock { (state) throws(StorageError) in
      let isPending = state.queue.pending.contains { !$0.places.isEmpty }
      guard isPending else { return try state.tables.documents(keys) }
      return try keys.map { (key) throws(StorageError) in try Self.document(key, state) }
    }
  }

  /// Whether a document is there and nobody wrote its life, so that it is not deleted; nil if somebody
  /// did. Reads no document.
  package func isThere(_ key: DocumentKey) throws(StorageError) -> Bool? {
    try store.state.withLock { (state) throws(StorageError) in
      for commit in state.queue.pending.reversed() {
        guard let place = commit.places[key] else { continue }
        return commit.batch.documents[place].versions(of: Unit.life).isEmpty ? true : nil
      }
      guard let entry = try state.tables.entry(key) else { return false }
      return entry.hasLife ? nil : true
    }
  }

  /// All documents of a type, in no order. O(documents of the type).
  package func documents(ofType type: String) throws(StorageError) -> [Document] {
    try store.state.withLock { (state) throws(StorageError) in
      let new = Self.pendingKeys(state).filter { $0.type == type }
      var documents: [Document] = []
      try state.tables.forEachDocument(ofType: type) { (document) throws(StorageError) in
        if !new.contains(document.key) { documents.append(document) }
      }
      for key in new.sorted() {
        if let document = try Self.document(key, state) { documents.append(document) }
      }
      return documents
    }
  }

  /// The documents of a type that have a value in an index.
  package func documents(
    ofType type: String, index: String, value: String
  ) throws(StorageError) -> [Document] {
    let place = store.indexes.place(ofType: type, index)
    return try store.state.withLock { (state) throws(StorageError) in
      var documents = try state.tables.documents(ofType: type, index: index, key: value)
      guard let place, !state.queue.pending.isEmpty else { return documents }
      documents.removeAll { document in
        state.queue.pending.contains { $0.places[document.key] != nil }
      }
      var new: [Document] = []
      for (age, commit) in state.queue.pending.enumerated() {
        for document in commit.documents(ofType: type, index: place, IndexValue(value)) {
          let later = state.queue.pending[(age + 1)...]
          if !later.contains(where: { $0.places[document.key] != nil }) { new.append(document) }
        }
      }
      return documents + new.sorted { $0.key < $1.key }
    }
  }

  private static func pendingKeys(_ state: borrowing Store.State) -> Set<DocumentKey> {
    state.queue.pending.reduce(into: []) { $0.formUnion($1.places.keys) }
  }
}
