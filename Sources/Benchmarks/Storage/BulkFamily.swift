import Documents
import Replica
import Storage

/// Many documents at once: `satchel create` with JSON lines, and SQLite with the same lines.
struct BulkFamily: MeasureFamily {
  let measures = [StorageMeasures.bulkCreate, StorageMeasures.bulkVsSQLite]

  /// Gets the stores that are filled; no checkpoint has been made of them.
  let stores: FilledStores

  /// Ordered as they must be created.
  private static let types = ["patient", "appointment"]
  /// Documents that SQLite takes in one transaction, as `satchel create` does.
  private static let linesPerTransaction = 1000

  func run(_ bench: Workbench) throws -> [Finding] {
    let input = Self.types.map { (type: $0, lines: stores.lines(ofType: $0)) }
    let count = Double(stores.documents.count)
    let texts = input.map { (type: $0.type, text: Array($0.lines.joined(separator: [10]))) }
    let library = Result { try SQLite.load() }
    var rates: (store: [Double], sqlite: [Double]) = ([], [])
    for _ in 0..<bench.sizes.runs {
      rates.store.append(count / (try create(texts, bench)))
      if let library = try? library.get() {
        rates.sqlite.append(count / (try load(input.flatMap(\.lines), library, bench)))
      }
    }
    stores.costs.create = count / median(rates.store)
    return [
      Finding(StorageMeasures.bulkCreate, Samples(rates.store)),
      comparison(rates.store, rates.sqlite, library),
    ]
  }

  private func comparison(
    _ store: [Double], _ sqlite: [Double], _ library: Result<SQLite, any Error>
  ) -> Finding {
    if case .failure(let error) = library {
      return Finding(StorageMeasures.bulkVsSQLite, skipped: "\(error)")
    }
    return Finding(StorageMeasures.bulkVsSQLite, Samples(store, references: sqlite))
  }

  /// - Returns: the seconds that it took.
  private func create(_ texts: [(type: String, text: [UInt8])], _ bench: Workbench) throws -> Double
  {
    let replica = try bench.newReplica()
    defer { replica.store.close() }
    try replica.fill(with: stores.ground)
    let commands = try texts.map {
      (command: try CreateCommand(type: $0.type, replica: replica, bench), text: $0.text)
    }
    try bench.settleDisk()
    let elapsed = try seconds { for (command, text) in commands { try command.run(text) } }
    stores.add(replica.store.layout.root)
    return elapsed
  }

  /// - Returns: the seconds that SQLite took in its faster way.
  private func load(_ lines: [[UInt8]], _ library: SQLite, _ bench: Workbench) throws -> Double {
    let times = try [Self.linesPerTransaction, lines.count].map { count in
      let database = try SQLiteDocuments(bench.directory.newPath("sqlite"), library)
      try bench.settleDisk()
      return try seconds { try database.load(lines, perTransaction: count) }
    }
    return min(times[0], times[1])
  }
}
