import Documents
import JSON
import Platform
import Replica
import Storage
import Synchronization

/// Commits of many threads at once: whole changes of documents by `Replica`, and the group commit that
/// a raw file allows. Before each run of the store there is a checkpoint, as in `CommitFamily`.
struct ConcurrentCommitFamily: MeasureFamily {
  let measures = [StorageMeasures.commit16]

  /// A raw commit takes less time than a change: a run has more of them, to last as long.
  private static let rawCommitsPerChange = 2

  func run(_ bench: Workbench) throws -> [Finding] {
    let replica = try bench.newReplica()
    defer { replica.store.close() }
    var documents = SampleDocuments(seed: 2)
    let samples = documents.ground + documents.next(bench.sizes.threads * 2)
    try replica.fill(with: samples)
    let patients = samples.filter { $0.key.type == "patient" }
    let rawCount = bench.sizes.commitsPerThread * Self.rawCommitsPerChange
    let log = try RawLog(
      bench.directory.newPath("raw"),
      byteCount: bench.sizes.threads * rawCount * CommitWriter.maximumByteCount,
      fileSystem: bench.fileSystem)
    defer { log.close() }
    var rates: (store: [Double], raw: [Double]) = ([], [])
    for run in 0..<bench.sizes.runs {
      rates.raw.append(
        try rawRate(RawGroupLog(log), patients[0].line, count: rawCount, bench))
      _ = try replica.checkpoint()
      rates.store.append(try storeRate(replica, patients, run: run, bench))
    }
    return [Finding(StorageMeasures.commit16, Samples(rates.store, references: rates.raw))]
  }

  private func rawRate(
    _ log: RawGroupLog, _ line: [UInt8], count: Int, _ bench: Workbench
  ) throws -> Double {
    try rate(bench.sizes.threads, count: count) { _ in
      let writer = RawGroupLog.Writer()
      for _ in 0..<count { try log.commit(line, by: writer) }
    }
  }

  /// Each thread changes the notes of a patient of its own, each time to something new.
  private func storeRate(
    _ replica: Replica, _ patients: [SampleDocument], run: Int, _ bench: Workbench
  ) throws -> Double {
    let count = bench.sizes.commitsPerThread
    return try rate(bench.sizes.threads, count: count) { thread in
      let patient = patients[thread]
      let notes = patient.fields["notes"]?.stringValue ?? ""
      for index in 0..<count {
        let patch: JSONObject = ["notes": .string("\(run), \(index): \(notes)")]
        try replica.transact { (transaction) throws(ReplicaError) in
          try replica.update(patient.key, patch: patch, in: &transaction)
        }
      }
    }
  }

  /// How many times a second threads do what each of them does `count` times.
  private func rate(
    _ threadCount: Int, count: Int, _ body: @escaping @Sendable (Int) throws -> Void
  ) throws -> Double {
    let failures = Mutex<[any Error]>([])
    let elapsed = try seconds {
      let threads = try (0..<threadCount).map { index in
        try SystemThread {
          do { try body(index) } catch { failures.withLock { $0.append(error) } }
        }
      }
      for thread in threads { thread.join() }
    }
    if let failure = failures.withLock({ $0.first }) { throw failure }
    return Double(threadCount * count) / elapsed
  }
}
