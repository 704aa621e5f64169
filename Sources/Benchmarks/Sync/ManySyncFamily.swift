import Laptop
import Platform
import Replica

/// A first sync of a million documents, to a laptop in a process of its own: once, and not at all if the
/// smaller one was so slow that it would take too long.
struct ManySyncFamily: MeasureFamily {
  let measures = [
    SyncMeasures.firstSyncMany, SyncMeasures.growthMany, SyncMeasures.growthServer,
  ]

  private static let documentsAtOnce = 50_000

  func run(_ bench: Workbench) throws -> [Finding] {
    // Making, pushing and pulling so many take about three times what the smaller families took.
    let growth = Double(bench.sizes.manyDocuments) / Double(bench.sizes.documents)
    let end = bench.watch.seconds * (1 + growth / 3)
    guard end <= bench.sizes.seconds else {
      throw BenchmarkError(
        "by the smaller stores the run would take \(Int(end)) s, more than "
          + "\(Int(bench.sizes.seconds))")
    }
    let ground = try SyncGround(bench)
    defer { ground.close() }
    let writer = try ground.newLaptop { replica in
      var samples = SampleDocuments(seed: 13)
      try replica.fill(with: samples.ground)
      var missing = bench.sizes.manyDocuments
      while missing > 0 {
        try replica.fill(with: samples.next(min(missing, Self.documentsAtOnce)))
        missing -= Self.documentsAtOnce
      }
    }
    try writer.sync()
    _ = try ground.serverReplica.checkpoint()
    let code = try ground.newCode()
    try bench.settleDisk()
    try ProcessMemory.forgetPeak()
    let before = try ProcessMemory.resident()
    let reader = try FirstSyncProbe.run(
      bench.directory.newPath("store"), url: ground.url, code: code)
    let atServer = max(0, try ProcessMemory.peak() - before)
    let more = Double(max(atServer, reader.growthByteCount)) / 1_000_000
    return [
      Finding(
        SyncMeasures.firstSyncMany, Samples([Double(bench.sizes.manyDocuments) / reader.seconds])),
      Finding(SyncMeasures.growthMany, Samples([more])),
      Finding(SyncMeasures.growthServer, Samples([Double(atServer) / 1_000_000])),
    ]
  }
}
