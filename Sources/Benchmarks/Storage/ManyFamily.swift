import Documents
import Replica
import Storage

/// Opening a store of a million documents. It takes minutes to make: so it runs once, and not at all if
/// the smaller stores were so slow that this one would take too long.
struct ManyFamily: MeasureFamily {
  let measures = [StorageMeasures.openMany, StorageMeasures.memoryMany]
  let stores: FilledStores

  /// Documents that are made before they are stored.
  private static let documentsAtOnce = 50_000

  func run(_ bench: Workbench) throws -> [Finding] {
    _ = try stores.first()
    let end = bench.watch.seconds + expectedSeconds(bench.sizes)
    guard end <= bench.sizes.seconds else {
      throw BenchmarkError(
        "by the smaller stores the run would take \(Int(end)) s, more than "
          + "\(Int(bench.sizes.seconds))")
    }
    let (path, key) = try makeStore(bench)
    let probe = try OpenProbe.run(path, first: key)
    return [
      Finding(StorageMeasures.openMany, Samples([probe.milliseconds])),
      Finding(
        StorageMeasures.memoryMany, Samples([Double(probe.anonymousByteCount) / 1_000_000])),
    ]
  }

  /// What making and opening this store, and removing all, will take. Removing a file takes about
  /// half the time that it takes to write it.
  private func expectedSeconds(_ sizes: Sizes) -> Double {
    let costs = stores.costs
    let growth = Double(sizes.manyDocuments) / Double(sizes.documents)
    let removed = costs.checkpoint * (growth + Double(2 * sizes.runs)) / 2
    let made = costs.invent + costs.create + costs.checkpoint
    return (made + costs.open) * growth + removed
  }

  private func makeStore(_ bench: Workbench) throws -> (path: String, first: DocumentKey) {
    let replica = try bench.newReplica()
    defer { replica.store.close() }
    var documents = SampleDocuments(seed: 4)
    let first = documents.ground[0].key
    try replica.fill(with: documents.ground)
    var missing = bench.sizes.manyDocuments
    while missing > 0 {
      try replica.fill(with: documents.next(min(missing, Self.documentsAtOnce)))
      missing -= Self.documentsAtOnce
    }
    _ = try replica.checkpoint()
    return (replica.store.layout.root, first)
  }
}
