import Documents
import JSON
import Laptop
import Platform
import Replica
import Storage

/// A first sync, what it moves, and what follows on stores of that size.
struct FirstSyncFamily: MeasureFamily {
  let measures = [
    SyncMeasures.firstSync, SyncMeasures.push, SyncMeasures.oneChangeBytes,
    SyncMeasures.oneChange, SyncMeasures.noopBytes, SyncMeasures.noopWrites,
    SyncMeasures.firstSyncBytes,
  ]

  private static let editCount = 10_000

  func run(_ bench: Workbench) throws -> [Finding] {
    var samples = SampleDocuments(seed: 11)
    let documents = samples.next(bench.sizes.documents)
    let ground = try SyncGround(bench)
    defer { ground.close() }
    let writer = try ground.newLaptop { replica in
      try replica.fill(with: samples.ground)
      try replica.fill(with: documents)
    }
    try writer.sync()
    let lines = documents.flatMap { $0.line + [UInt8(ascii: "\n")] }
    let packed = try Gzip.load().packed(lines)?.count ?? 0
    var rates: [Double] = []
    var bytes: [Double] = []
    var reader = writer
    for _ in 0..<bench.sizes.runs {
      reader = try ground.newLaptop()
      try ground.rest()
      var received = 0
      let time = try seconds { received = try reader.sync().bytesReceived }
      rates.append(Double(documents.count) / time)
      bytes.append(Double(received))
    }
    let packedBytes = bytes.map { _ in Double(packed) }
    return [
      Finding(SyncMeasures.firstSync, Samples(rates)),
      Finding(SyncMeasures.push, Samples(try pushes(documents, writer, reader, ground, bench))),
    ] + (try small(documents[0].key, writer, reader, ground, bench)) + [
      Finding(SyncMeasures.firstSyncBytes, Samples(bytes, references: packedBytes))
    ]
  }

  private func pushes(
    _ documents: [SampleDocument], _ writer: Laptop, _ reader: Laptop, _ ground: SyncGround,
    _ bench: Workbench
  ) throws -> [Double] {
    let keys = documents.map(\.key).filter { $0.type == "patient" }.prefix(Self.editCount)
    return try (0..<bench.sizes.runs).map { run in
      try reader.edit(keys, "notes", "edit \(run)")
      try ground.rest()
      let time = try seconds { try reader.sync() }
      try writer.sync()
      return Double(keys.count) / time
    }
  }

  /// One change, and nothing at all.
  private func small(
    _ key: DocumentKey, _ writer: Laptop, _ reader: Laptop, _ ground: SyncGround,
    _ bench: Workbench
  ) throws -> [Finding] {
    try writer.sync()
    try reader.sync()
    try writer.sync()
    let log = try RawLog(
      bench.directory.newPath("raw"), byteCount: 1 << 20, fileSystem: bench.fileSystem)
    defer { log.close() }
    let block = [UInt8](repeating: 7, count: 1024)
    var (times, changeBytes, noopBytes, writes): ([Double], [Double], [Double], [Double]) =
      ([], [], [], [])
    for run in 0..<max(bench.sizes.runs, 9) {
      try writer.edit([key], "phone", "555-\(run)")
      let raw = try seconds { for part in 0..<2 { try log.commit(block, at: part * 1024) } }
      var moved = 0
      let time = try seconds {
        let report = try writer.sync()
        moved = report.bytesSent + report.bytesReceived
      }
      times.append(max(0, (time - raw) * 1000))
      changeBytes.append(Double(moved))
      try writer.sync()
      let before = (writer.replica.store.logByteCount, try ground.logByteCount())
      let report = try writer.sync()
      noopBytes.append(Double(report.bytesSent + report.bytesReceived))
      let after = (writer.replica.store.logByteCount, try ground.logByteCount())
      writes.append(Double(after.0 - before.0 + after.1 - before.1))
    }
    return [
      Finding(SyncMeasures.oneChangeBytes, Samples(changeBytes)),
      Finding(SyncMeasures.oneChange, Samples(times)),
      Finding(SyncMeasures.noopBytes, Samples(noopBytes)),
      Finding(SyncMeasures.noopWrites, Samples(writes)),
    ]
  }
}
