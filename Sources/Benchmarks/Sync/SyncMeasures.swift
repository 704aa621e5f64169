/// The measures of the group `sync`, and what is promised of each: over loopback HTTP, with real stores on both
/// sides.
enum SyncMeasures {
  /// Documents that an empty laptop gets in its first sync, durable there.
  static let firstSync = Measure("first_sync_per_s", "per_s", .higher, .value, 100_000)
  static let firstSyncMany = Measure("first_sync_1m_per_s", "per_s", .higher, .value, 80_000)
  /// What the larger of the two, server and laptop, grows by beyond what its store needs once it is there.
  static let growthMany = Measure("rss_growth_1m_mb", "mb", .lower, .value, 150)
  static let growthServer = Measure("rss_growth_1m_server_mb", "mb", .lower, .value, 150)
  /// Documents edited offline, durable at the server.
  static let push = Measure("push_per_s", "per_s", .higher, .value, 40_000)
  /// One changed document, both ways, headers included.
  static let oneChangeBytes = Measure("one_change_bytes", "bytes", .lower, .value, 1500)
  /// The time of that beyond two raw writes with fdatasync.
  static let oneChange = Measure("one_change_ms", "ms", .lower, .value, 5)
  static let noopBytes = Measure("noop_bytes", "bytes", .lower, .value, 700)
  /// Bytes of log that an exchange of nothing writes on both sides.
  static let noopWrites = Measure("noop_disk_writes", "bytes", .lower, .value, 0)
  /// Ten laptops with 1,000 edits each, until all are equal.
  static let tenLaptops = Measure("ten_laptops_s", "s", .lower, .value, 3)
  /// Bytes of a first sync beside `gzip -6` of the documents as JSON lines.
  static let firstSyncBytes = Measure("first_sync_bytes_vs_gzip", "bytes", .lower, .ratio, 1.25)

  /// One changed document over an open connection of 300 ms and 128 kbit/s, beside what the link itself needs.
  static let slowLink = Measure("slow_link", "x", .lower, .value, 1.1)
  /// What a laptop that waits for news costs server and client together.
  static let waitingMemory = Measure("waiting_kib", "kib", .lower, .value, 16)
  /// Threads that 2,000 of them cost.
  static let waitingThreads = Measure("waiting_threads", "threads", .lower, .value, 0)

  static let all = [
    firstSync, firstSyncMany, growthMany, growthServer, push, oneChangeBytes, oneChange, noopBytes,
    noopWrites, tenLaptops, firstSyncBytes, slowLink, waitingMemory, waitingThreads,
  ]
}
