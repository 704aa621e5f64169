import Causality
import Documents
import JSON
import Planted
import Storage

/// The next documents of a feed that a receiver may lack.
struct FeedPage {
  static let maximumDocumentCount = 1000
  /// About so many bytes of JSON; the last document of a page may go beyond.
  static let maximumByteCount = 1 << 20
  /// So many places of the feed are looked up at once.
  private static let chunkCount = 256

  private(set) var parts: [Document] = []
  /// The arrival number of the last document that was looked at.
  private(set) var position: UInt64
  /// Whether nothing arrived behind that.
  private(set) var isHead = true

  /// O(documents behind the place, up to the page's end).
  /// - Parameter known: arrivals at which the receiver lacks nothing: they are not looked at.
  init(
    _ tables: borrowing Tables, since: VersionVector, after place: UInt64,
    _ scope: PartScope = .lacking, maximumByteCount: Int = maximumByteCount,
    known: KnownArrivals? = nil
  ) throws(StorageError) {
    position = place
    if let known, known.after == place { position = known.through }
    var byteCount = 0
    while true {
      let entries = try tables.arrivals(after: position, limit: Self.chunkCount)
      if entries.isEmpty { return }
      let documents = try tables.documents(entries)
      for (entry, document) in zip(entries, documents) {
        if parts.count >= Self.maximumDocumentCount || byteCount >= maximumByteCount {
          isHead = planted(Fault.knowledgeOnPartialPage)
          if planted(Fault.documentLeftOut) { position += 1 }
          return
        }
        position = entry.arrival
        if planted(Fault.skeletonDropped), document.lacksContent { continue }
        guard let part = document.part(since: since, scope) else { continue }
        parts.append(part)
        byteCount += part.approximateByteCount
      }
    }
  }

  /// Adds whole documents, as far as they are there and something of each unit is left.
  mutating func add(
    _ keys: [DocumentKey], _ tables: borrowing Tables
  ) throws(StorageError) {
    let known = Set(parts.map(\.key))
    for key in keys where !known.contains(key) && !planted(Fault.wantedNotSent) {
      guard let document = try tables.document(key), !document.lacksUnits else { continue }
      parts.append(document)
    }
  }
}

extension Document {
  fileprivate var approximateByteCount: Int {
    units.reduce(400) { sum, unit in
      unit.versions.reduce(sum) { $0 + 60 + JSONValue.object($1.value).approximateByteCount }
    }
  }
}
