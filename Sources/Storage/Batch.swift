package import Causality
package import Documents
package import JSON

/// What becomes durable at once, or not at all.
package struct Batch: Sendable {
  /// Whole documents as they are from now on, in the order of their arrival.
  package var documents: [Document] = []
  /// Those that stand in the log already (`Store.begin`): they arrive before the others.
  package var begun: BegunRecords?
  /// What is known of the documents, in their order; empty if it is not worked out yet.
  package var details: [DocumentDetails] = []
  /// What the documents held before and hold no longer: documents with nothing but those versions.
  package var replaced: [Document] = []
  /// Transactions that are called otherwise from here on: of each replica, those behind a number are
  /// forgotten before the runs are added.
  package var cuts: [HistoryCut] = []
  /// Transactions that become known. A run may begin with known ones.
  package var runs: [TransactionRun] = []
  /// Named values of the replica; null removes one.
  package var registers: [(name: String, value: JSONValue)] = []

  package init() {}

  package var isEmpty: Bool {
    documents.isEmpty && begun == nil && cuts.isEmpty && runs.isEmpty && registers.isEmpty
  }
}

/// The transactions of a replica behind a number.
package struct HistoryCut: Sendable, Equatable {
  package let replica: ReplicaID
  /// The last number that stays; 0 if none does.
  package let keep: UInt64

  package init(replica: ReplicaID, keep: UInt64) {
    self.replica = replica
    self.keep = keep
  }
}

/// What is worked out of a document once, for its record and for the indexes.
package struct DocumentDetails: Sendable {
  /// The visible fields.
  package let fields: JSONObject
  /// Its key in each index of its type, in their order; nil where it has none.
  let keys: [[UInt8]?]
}

/// A place in the order of arrival that survives restarts: valid only in the feed that gave it.
package struct FeedMark: Hashable, Sendable {
  /// The arrival number of the last document before the place.
  package let position: UInt64
  /// Random, drawn when that document arrived: a feed that went another way has another one.
  package let mark: UInt64

  package init(position: UInt64, mark: UInt64) {
    self.position = position
    self.mark = mark
  }
}
