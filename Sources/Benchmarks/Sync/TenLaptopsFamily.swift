import Documents
import JSON
import Laptop
import Platform
import Replica
import Storage
import Synchronization

/// Ten laptops that worked apart and all sync at once, until they are equal.
struct TenLaptopsFamily: MeasureFamily {
  let measures = [SyncMeasures.tenLaptops]

  private static let laptopCount = 10
  /// Of the edits, in percent: those of a field that others edit too, and of a document that others do.
  private static let (sameUnit, sameDocument) = (5, 20)

  func run(_ bench: Workbench) throws -> [Finding] {
    var samples = SampleDocuments(seed: 12)
    let editCount = bench.sizes.commits
    let documents = samples.next(2 * Self.laptopCount * editCount)
    let keys = documents.map(\.key).filter { $0.type == "patient" }
    let times = try (0..<bench.sizes.runs).map { _ in
      let ground = try SyncGround(bench)
      defer { ground.close() }
      let first = try ground.newLaptop { replica in
        try replica.fill(with: samples.ground)
        try replica.fill(with: documents)
      }
      try first.sync()
      let laptops = try [first] + (1..<Self.laptopCount).map { _ in try ground.newLaptop() }
      for laptop in laptops { try laptop.sync() }
      for (number, laptop) in laptops.enumerated() { try work(number, laptop, keys, editCount) }
      try ground.rest()
      let time = try seconds { try converge(laptops) }
      try check(laptops)
      return time
    }
    return [Finding(SyncMeasures.tenLaptops, Samples(times))]
  }

  private func work(
    _ number: Int, _ laptop: Laptop, _ keys: [DocumentKey], _ editCount: Int
  ) throws {
    let shared = editCount * Self.sameDocument / 100
    let contested = editCount * Self.sameUnit / 100
    let own = keys.dropFirst(shared + number * editCount)
    try laptop.edit(keys.prefix(contested), "phone", "555-\(number)")
    try laptop.edit(
      keys.prefix(shared).dropFirst(contested), number % 2 == 0 ? "notes" : "phone",
      "by \(number)")
    try laptop.edit(own.prefix(editCount - shared), "notes", "by \(number)")
  }

  /// All push at once; then all get what the others pushed.
  private func converge(_ laptops: [Laptop]) throws {
    for _ in 0..<2 {
      let failure = Mutex<(any Error)?>(nil)
      let threads = try laptops.map { laptop in
        try SystemThread {
          do { try laptop.sync() } catch { failure.withLock { $0 = error } }
        }
      }
      for thread in threads { thread.join() }
      if let error = failure.withLock({ $0 }) { throw error }
    }
  }

  private func check(_ laptops: [Laptop]) throws {
    let hashes = laptops.map { laptop in
      laptop.replica.read { $0.history.hash(at: $0.knowledge) ?? [] }
    }
    guard hashes.allSatisfy({ $0 == hashes[0] }) else {
      throw BenchmarkError("the laptops are not equal at the end")
    }
  }
}
