import Documents
import JSON
import Platform

/// Compares an index with the documents' files: each must be as the index says, and the index must say
/// of it what follows from its content.
struct IndexComparison {
  private let index: IndexSnapshot
  private let layout: StoreLayout
  private let environment: StoreEnvironment
  private let reader: DocumentReader
  private let indexes: IndexSet
  /// The documents that the index names.
  private(set) var keys: Set<DocumentKey> = []
  private var rootHash: RootHash
  /// How many entries each index should have, by its type and name.
  private var keyCounts: [String: Int] = [:]
  /// Whether every file could be read, so that the counts can be compared.
  private var isComplete = true

  init(_ index: IndexSnapshot, layout: StoreLayout, environment: StoreEnvironment) {
    self.index = index
    self.layout = layout
    self.environment = environment
    indexes = IndexSet(environment.indexes)
    reader = DocumentReader(layout: layout, environment: environment)
    rootHash = RootHash(digest: environment.digest)
  }

  /// The root hash over all entries.
  var root: [UInt8] { rootHash.value }

  /// O(store).
  /// - Parameter logged: documents that the log holds: their files need not be what the index says.
  mutating func compare(
    without logged: Set<DocumentKey>, _ report: inout VerificationReport
  ) {
    do throws(StorageError) {
      for type in index.typeNames.sorted(by: utf8Less) {
        var place = 0
        while let entry = try index.entries(ofType: type, from: place, limit: 1).first {
          let key = DocumentKey(type: type, id: entry.id)
          keys.insert(key)
          rootHash.add(type: type, entry)
          try compare(key, entry, reads: !logged.contains(key), &report)
          place += 1
        }
      }
      if isComplete { compareCounts(&report) }
      try compareFeed(&report)
    } catch {
      report.add(error)
    }
  }

  private mutating func compare(
    _ key: DocumentKey, _ entry: FileEntry, reads: Bool, _ report: inout VerificationReport
  ) throws(StorageError) {
    guard reads else {
      isComplete = false
      return
    }
    report.checked += 1
    let document: Document
    do throws(StorageError) {
      document = try reader.document(key, .file(entry.file), keeps: false)
    } catch {
      isComplete = false
      return report.add(error)
    }
    if entry.hasLife == document.versions(of: Unit.life).isEmpty {
      add("says of \(key) whether it was deleted, and is wrong", &report)
    }
    let keys = indexes.keys(of: document, environment.rules)
    for (definition, bytes) in zip(indexes.indexes(ofType: key.type), keys) {
      // An index file of an older program is made anew at the next checkpoint.
      guard let bytes, index.hasIndex(definition) else { continue }
      keyCounts["\(definition.type) \(definition.name)", default: 0] += 1
      let place = try index.keyPlace(definition, notBefore: bytes, key.id)
      let found = try index.keyEntry(definition, place)
      if found != IndexedKey(key: bytes, id: key.id) {
        add("lacks \(key) in \(definition.name)", &report)
      }
    }
  }

  private func compareCounts(_ report: inout VerificationReport) {
    for definition in environment.indexes where index.hasIndex(definition) {
      let (count, right) = (
        index.keyCount(definition), keyCounts["\(definition.type) \(definition.name)"] ?? 0
      )
      if count != right {
        add("has \(count) entries in \(definition.name) where \(right) belong", &report)
      }
    }
  }

  private func compareFeed(_ report: inout VerificationReport) throws(StorageError) {
    var last: UInt64 = 0
    for place in 0..<index.feedCount {
      let entry = try index.feedEntry(place)
      let isRight = try index.entry(entry.key)?.arrival == entry.arrival && entry.arrival > last
      if !isRight { add("has \(entry.key) at a wrong place of the feed", &report) }
      last = entry.arrival
    }
    if index.feedCount != keys.count { add("leaves out documents of the feed", &report) }
  }

  private func add(_ what: String, _ report: inout VerificationReport) {
    report.problems.append(
      VerificationProblem(file: index.file.path, offset: nil, what: what))
  }
}
