/// The measures of the group `storage`, and what is promised of each.
enum StorageMeasures {
  /// A commit of one document by one thread, beside a write and an fdatasync of as many bytes.
  static let commitP50 = Measure("commit_p50", "us", .lower, .ratio, 1.2)
  static let commitP99 = Measure("commit_p99", "us", .lower, .ratio, 2)
  /// The same beside a commit of SQLite.
  static let commitVsSQLite = Measure("commit_vs_sqlite", "us", .lower, .ratio, 1)
  /// Changes by 16 threads, beside 16 threads that share raw writes.
  static let commit16 = Measure("commit_16", "per_s", .higher, .ratio, 0.6)
  /// Documents from JSON lines, as `satchel create` stores them.
  static let bulkCreate = Measure("bulk_create_per_s", "per_s", .higher, .value, 150_000)
  /// The same beside SQLite, which takes the lines as they are.
  static let bulkVsSQLite = Measure("bulk_vs_sqlite", "per_s", .higher, .ratio, 1.5)
  /// A checkpoint of new documents, beside a loop that writes the same files.
  static let checkpoint = Measure("checkpoint_100k", "s", .lower, .ratio, 1.3)
  /// From a process that has no store to its first document.
  static let open = Measure("open_100k_ms", "ms", .lower, .value, 5)
  static let openMany = Measure("open_1m_ms", "ms", .lower, .value, 10)
  /// The same without the store's index.
  static let openRebuild = Measure("open_rebuild_100k_s", "s", .lower, .value, 5)
  /// Memory of a process that has opened a store, without what a file backs.
  static let memory = Measure("rss_100k_mb", "mb", .lower, .value, 25)
  static let memoryMany = Measure("rss_1m_mb", "mb", .lower, .value, 100)
  /// A document that was read a moment ago.
  static let readCached = Measure("read_cached_us", "us", .lower, .value, 1)
  /// A document that is in no cache but the system's, beside the reading of its file.
  static let readFile = Measure("read_file_us", "us", .lower, .value, 8)
  /// The first page of 50 patients of a clinic.
  static let list = Measure("list_50_ms", "ms", .lower, .value, 1)

  static let all = [
    commitP50, commitP99, commitVsSQLite, commit16, bulkCreate, bulkVsSQLite, checkpoint, open,
    openMany, openRebuild, memory, memoryMany, readCached, readFile, list,
  ]
}
