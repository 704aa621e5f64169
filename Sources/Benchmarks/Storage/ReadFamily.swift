import Documents
import JSON
import Platform
import Replica
import Storage

/// Reading documents of an open store, one at a time and a page of them.
struct ReadFamily: MeasureFamily {
  let measures = [StorageMeasures.readCached, StorageMeasures.readFile, StorageMeasures.list]
  let stores: FilledStores

  /// Few enough for any cache.
  private static let cachedDocumentCount = 100
  private static let pageCount = 50

  func run(_ bench: Workbench) throws -> [Finding] {
    let path = try stores.first()
    let replica = try bench.setup.open(path, role: .laptop)
    defer { replica.store.close() }
    var numbers = SeededNumbers(seed: 5)
    let keys = stores.documents.map(\.key).shuffled(using: &numbers)
    return [
      try files(replica, keys, bench), try cached(replica, keys, bench), try pages(replica, bench),
    ]
  }

  /// Every document is read once, so that none can be in a cache of ours; all are in the system's.
  private func files(
    _ replica: Replica, _ keys: [DocumentKey], _ bench: Workbench
  ) throws -> Finding {
    let layout = replica.store.layout
    let read = { (key: DocumentKey) in _ = try bench.fileSystem.readFile(layout.file(of: key)) }
    for key in keys { try read(key) }
    var times: (store: [Double], raw: [Double]) = ([], [])
    let count = keys.count / bench.sizes.runs
    for run in 0..<bench.sizes.runs {
      let part = keys[run * count..<(run + 1) * count]
      times.raw.append(try microseconds(part, read))
      times.store.append(try microseconds(part) { _ = try replica.sample($0) })
    }
    return Finding(StorageMeasures.readFile, Samples(times.store, references: times.raw))
  }

  private func cached(
    _ replica: Replica, _ keys: [DocumentKey], _ bench: Workbench
  ) throws -> Finding {
    let few = keys.prefix(Self.cachedDocumentCount)
    let rounds = max(1, bench.sizes.cachedReads / few.count)
    let times = try (0..<bench.sizes.runs).map { _ in
      for key in few { _ = try replica.sample(key) }
      return try microseconds(few) { key in for _ in 0..<rounds { _ = try replica.sample(key) } }
        / Double(rounds)
    }
    return Finding(StorageMeasures.readCached, Samples(times))
  }

  private func pages(_ replica: Replica, _ bench: Workbench) throws -> Finding {
    let clinics = stores.clinics.prefix(bench.sizes.pages)
    let times = try (0..<bench.sizes.runs).map { _ in
      try seconds {
        for clinic in clinics { _ = try page(replica, clinic: clinic) }
      } * 1000 / Double(clinics.count)
    }
    return Finding(StorageMeasures.list, Samples(times))
  }

  /// A page of the patients of a clinic.
  private func page(_ replica: Replica, clinic: String) throws -> [JSONObject] {
    var query = ListQuery(type: "patient")
    query.filters = [(field: "clinic_id", value: clinic)]
    query.limit = Self.pageCount
    let page = try replica.list(query)
    guard !page.isEmpty else { throw BenchmarkError("no patient is at clinic \(clinic)") }
    return page
  }

  /// How long something takes for each of some documents, in the mean.
  private func microseconds(
    _ keys: ArraySlice<DocumentKey>, _ body: (DocumentKey) throws -> Void
  ) rethrows -> Double {
    try seconds { for key in keys { try body(key) } } * 1_000_000 / Double(keys.count)
  }
}

extension Replica {
  /// Reads a document as programs do.
  /// - Returns: whether it is there.
  func sample(_ key: DocumentKey) throws -> Bool {
    try document(key) != nil
  }
}
