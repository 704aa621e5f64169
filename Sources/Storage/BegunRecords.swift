package import Documents
import Synchronization

/// Documents of a batch that stand in the log before the batch is whole, so that a large one need not be
/// in memory. They count once the batch is committed, and never if it is not.
package struct BegunRecords: Sendable {
  /// Of the batch in the log.
  let name: UInt64
  private(set) var documents: [BegunDocument] = []
  private(set) var replaced: [(key: DocumentKey, place: LogPlace)] = []
  /// Where each stands among the documents; of one that occurs twice, the last.
  private var places: [DocumentKey: Int] = [:]
  private let found = FoundDocuments()

  package var count: Int { documents.count }

  init(name: UInt64) { self.name = name }

  package func contains(_ key: DocumentKey) -> Bool { places[key] != nil }

  subscript(key: DocumentKey) -> BegunDocument? { places[key].map { documents[$0] } }

  mutating func add(_ document: BegunDocument) {
    places[document.key] = documents.count
    documents.append(document)
  }

  mutating func addReplaced(_ key: DocumentKey, at place: LogPlace) {
    replaced.append((key, place))
  }

  func keys(ofType type: String) -> [DocumentKey] { places.keys.filter { $0.type == type } }

  /// Those of a type that have a value in an index. O(1), but for the first question about an index after
  /// documents were added: O(documents).
  /// - Parameter place: of the index among those of its type.
  func keys(ofType type: String, index place: Int, _ value: IndexValue) -> [DocumentKey] {
    let name = FoundDocuments.Name(type: type, place: place, count: documents.count)
    let numbers = found.numbers(name) {
      var numbers: [IndexValue: [Int]] = [:]
      for (number, document) in documents.enumerated()
      where document.key.type == type && places[document.key] == number {
        guard let key = document.keys[place] else { continue }
        numbers[IndexValue(of: key), default: []].append(number)
      }
      return numbers
    }
    return (numbers[value] ?? []).map { documents[$0].key }
  }
}

/// What is known of a document in the log without reading it.
struct BegunDocument: Sendable {
  let key: DocumentKey
  let place: LogPlace
  let hasLife: Bool
  /// Its key in each index of its type; nil where it has none.
  let keys: [[UInt8]?]
}

/// Documents by their values in one index, as far as somebody has asked.
private final class FoundDocuments: Sendable {
  struct Name: Hashable {
    let type: String
    let place: Int
    let count: Int
  }

  private let last = Mutex<(name: Name, numbers: [IndexValue: [Int]])?>(nil)

  func numbers(
    _ name: Name, _ make: () -> [IndexValue: [Int]]
  ) -> [IndexValue: [Int]] {
    last.withLock { last in
      if let last, last.name == name { return last.numbers }
      let numbers = make()
      last = (name, numbers)
      return numbers
    }
  }
}

extension Store {
  /// Writes a batch's documents, with what they replace, into the log before the batch is whole. Only the
  /// next commit can be of that batch: whoever commits another in between gives this one up.
  ///
  /// - Parameters:
  ///   - batch: its documents and replaced versions are written; it may hold nothing else.
  ///   - begun: what the last such call for the batch has returned; nil for the first.
  /// - Throws: as `commit` does: the batch is given up, nothing has changed.
  package func begin(
    _ batch: Batch, behind begun: BegunRecords?
  ) throws(StorageError) -> BegunRecords {
    var batch = batch
    if batch.details.isEmpty { batch.details = details(of: batch.documents) }
    let records = try encode(batch).records
    let (name, places) = try log.withLock { (log) throws(StorageError) in
      try log.begin(records, of: begun?.name)
    }
    var begun = begun ?? BegunRecords(name: name)
    for (number, document) in batch.documents.enumerated() {
      begun.add(
        BegunDocument(
          key: document.key, place: places[number],
          hasLife: !document.versions(of: Unit.life).isEmpty, keys: batch.details[number].keys))
    }
    for (number, document) in batch.replaced.enumerated() {
      begun.addReplaced(document.key, at: places[batch.documents.count + number])
    }
    return begun
  }

  /// Gives up what was begun, if it was not committed.
  package func giveUpBegun() { log.withLock { $0.giveUpBegun() } }
}

/// Of a batch that was begun: what it has written counts, over all else.
extension Ahead {
  /// A document of the batch; nil if it is not among them.
  package func document(
    _ key: DocumentKey, begun: BegunRecords
  ) throws(StorageError) -> Document? {
    guard let place = begun[key]?.place else { return nil }
    return try store.reader.document(key, .log(place), keeps: false)
  }

  /// The documents of a type that have a value in an index, in no order.
  package func documents(
    ofType type: String, index: String, value: String, begun: BegunRecords?
  ) throws(StorageError) -> [Document] {
    let old = try documents(ofType: type, index: index, value: value)
    guard let begun, let place = store.indexes.place(ofType: type, index) else { return old }
    return try old.filter { !begun.contains($0.key) }
      + documents(begun.keys(ofType: type, index: place, IndexValue(value)), begun: begun)
  }

  /// All documents of a type, in no order. O(documents of the type).
  package func documents(
    ofType type: String, begun: BegunRecords?
  ) throws(StorageError) -> [Document] {
    let old = try documents(ofType: type)
    guard let begun else { return old }
    return try old.filter { !begun.contains($0.key) }
      + documents(begun.keys(ofType: type), begun: begun)
  }

  private func documents(
    _ keys: [DocumentKey], begun: BegunRecords
  ) throws(StorageError) -> [Document] {
    var documents: [Document] = []
    for key in keys {
      if let document = try document(key, begun: begun) { documents.append(document) }
    }
    return documents
  }
}
