import Platform
import Replica
import Storage

/// Opening a store after a checkpoint: how long it takes, and what it keeps in memory.
struct OpenFamily: MeasureFamily {
  let measures = [StorageMeasures.open, StorageMeasures.memory, StorageMeasures.openRebuild]
  let stores: FilledStores

  func run(_ bench: Workbench) throws -> [Finding] {
    let path = try stores.first()
    let key = stores.documents[0].key
    // Brings into the system's cache what others may have driven out.
    _ = try OpenProbe.run(path, first: key)
    let probes = try (0..<bench.sizes.runs).map { _ in try OpenProbe.run(path, first: key) }
    let rebuilding = try (0..<bench.sizes.runs).map { _ in
      try bench.fileSystem.removeTree("\(path)/index")
      return try OpenProbe.run(path, first: key)
    }
    try writeIndex(path, bench)
    stores.costs.open = median(probes.map(\.milliseconds)) / 1000
    return [
      Finding(StorageMeasures.open, Samples(probes.map(\.milliseconds))),
      Finding(
        StorageMeasures.memory, Samples(probes.map { Double($0.anonymousByteCount) / 1_000_000 })),
      Finding(
        StorageMeasures.openRebuild, Samples(rebuilding.map { $0.milliseconds / 1000 })),
    ]
  }

  /// Leaves the store as it was, for the measures that follow.
  private func writeIndex(_ path: String, _ bench: Workbench) throws {
    let replica = try bench.setup.open(path, role: .laptop)
    defer { replica.store.close() }
    _ = try replica.checkpoint()
  }
}
