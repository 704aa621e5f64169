import Documents
import Replica
import Storage

/// Single commits of one thread. Those of the store and those that it is compared with take turns:
/// the disk's moods change from one second to the next. Before each run there is a checkpoint, as
/// programs make one whenever the log has grown: the log then has a segment ready.
struct CommitFamily: MeasureFamily {
  let measures = [
    StorageMeasures.commitP50, StorageMeasures.commitP99, StorageMeasures.commitVsSQLite,
  ]

  func run(_ bench: Workbench) throws -> [Finding] {
    let replica = try bench.newReplica()
    defer { replica.store.close() }
    var writer = try CommitWriter(replica, bench)
    return try besideRawWrites(replica, &writer, bench) + [besideSQLite(replica, &writer, bench)]
  }

  private func besideRawWrites(
    _ replica: Replica, _ writer: inout CommitWriter, _ bench: Workbench
  ) throws -> [Finding] {
    let log = try RawLog(
      bench.directory.newPath("raw"),
      byteCount: bench.sizes.commits * CommitWriter.maximumByteCount,
      fileSystem: bench.fileSystem)
    defer { log.close() }
    var times: [(raw: [Double], store: [Double])] = []
    for _ in 0..<bench.sizes.runs {
      let commits = writer.next(bench.sizes.commits)
      _ = try replica.checkpoint()
      var offset = 0
      let (raw, store) = try interleaved(commits.count) { index in
        try log.commit(commits[index].line, at: offset)
        offset += commits[index].line.count
      } _: { index in
        try replica.store.commit(commits[index].batch)
      }
      times.append((raw, store))
    }
    return [
      Finding(
        StorageMeasures.commitP50,
        Samples(times.map { median($0.store) }, references: times.map { median($0.raw) })),
      Finding(
        StorageMeasures.commitP99,
        Samples(
          times.map { percentile(99, of: $0.store) },
          references: times.map { percentile(99, of: $0.raw) })),
    ]
  }

  private func besideSQLite(
    _ replica: Replica, _ writer: inout CommitWriter, _ bench: Workbench
  ) throws -> Finding {
    let library: SQLite
    do { library = try SQLite.load() } catch {
      return Finding(StorageMeasures.commitVsSQLite, skipped: "\(error)")
    }
    let database = try SQLiteDocuments(bench.directory.newPath("sqlite"), library)
    var times: [(sqlite: [Double], store: [Double])] = []
    for _ in 0..<bench.sizes.runs {
      let commits = writer.next(bench.sizes.commits)
      _ = try replica.checkpoint()
      let (sqlite, store) = try interleaved(commits.count) { index in
        try database.put(commits[index].line)
      } _: { index in
        try replica.store.commit(commits[index].batch)
      }
      times.append((sqlite, store))
    }
    return Finding(
      StorageMeasures.commitVsSQLite,
      Samples(times.map { median($0.store) }, references: times.map { median($0.sqlite) }))
  }
}
