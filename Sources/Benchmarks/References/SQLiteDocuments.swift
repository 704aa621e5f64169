/// Documents in a table of SQLite, under its write-ahead log; what is committed survives a power cut.
/// Used by one thread at a time.
final class SQLiteDocuments {
  private let library: SQLite
  private var database: OpaquePointer?
  private var insert: OpaquePointer?

  /// Where the id stands in a sample document's line: `{"id":"…`.
  private static let idOffset = 7
  private static let idByteCount = 36

  /// Makes a new database.
  init(_ path: String, _ library: SQLite) throws {
    self.library = library
    try check(library.open(path, &database))
    try execute("PRAGMA journal_mode=WAL")
    try execute("PRAGMA synchronous=FULL")
    try execute("CREATE TABLE documents(id TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID")
    try check(
      library.prepare(database, "INSERT INTO documents VALUES(?,?)", -1, &insert, nil))
  }

  deinit {
    _ = library.finalize(insert)
    _ = library.close(database)
  }

  /// Stores a sample document's line, in a transaction of its own if none is open.
  func put(_ line: [UInt8]) throws {
    let result = line.withUnsafeBytes { bytes in
      let id = bytes.baseAddress.map { $0 + Self.idOffset }
      _ = library.bindText(insert, 1, id, Int32(Self.idByteCount), nil)
      _ = library.bindText(insert, 2, bytes.baseAddress, Int32(bytes.count), nil)
      defer { _ = library.reset(insert) }
      return library.step(insert)
    }
    try check(result, expected: SQLite.done)
  }

  /// Stores lines, so many in a transaction.
  func load(_ lines: [[UInt8]], perTransaction count: Int) throws {
    for start in stride(from: 0, to: lines.count, by: count) {
      try execute("BEGIN IMMEDIATE")
      for line in lines[start..<min(start + count, lines.count)] { try put(line) }
      try execute("COMMIT")
    }
  }

  private func execute(_ statement: String) throws {
    try check(library.execute(database, statement, nil, nil, nil))
  }

  private func check(_ result: Int32, expected: Int32 = SQLite.ok) throws {
    guard result != expected else { return }
    let message = library.message(database).map { String(cString: $0) } ?? "error \(result)"
    throw SQLiteError(description: "SQLite: \(message)")
  }
}
