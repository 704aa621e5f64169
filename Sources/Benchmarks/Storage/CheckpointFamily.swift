import Replica
import Storage

/// The first checkpoint of a store, when every document gets its file, and a loop that writes the same
/// files. Nothing is removed before, and they take turns: both find the disk alike.
struct CheckpointFamily: MeasureFamily {
  let measures = [StorageMeasures.checkpoint]
  let stores: FilledStores

  func run(_ bench: Workbench) throws -> [Finding] {
    _ = try stores.first()
    var times: (store: [Double], raw: [Double]) = ([], [])
    var files: RawFiles?
    for path in stores.paths {
      times.store.append(try checkpoint(path, bench))
      let raw =
        try files
        ?? RawFiles(below: StoreLayout(root: path).documents, fileSystem: bench.fileSystem)
      files = raw
      let root = bench.directory.newPath("files")
      try bench.settleDisk()
      times.raw.append(try seconds { try raw.write(to: root, fileSystem: bench.fileSystem) })
    }
    stores.costs.checkpoint = median(times.store)
    return [Finding(StorageMeasures.checkpoint, Samples(times.store, references: times.raw))]
  }

  private func checkpoint(_ path: String, _ bench: Workbench) throws -> Double {
    let replica = try bench.setup.open(path, role: .laptop)
    defer { replica.store.close() }
    try bench.settleDisk()
    return try seconds { _ = try replica.checkpoint() }
  }
}
