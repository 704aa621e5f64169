import JSON
import Platform

/// What is known to be kept of a laptop's first sync, by its own and the server's disk and by the answers that came
/// back: none of it may travel again.
struct KeptPages {
  private let pushStage: String
  private let pullStage: String
  /// Documents that the server has, or keeps for the end of the push.
  private var documents: Set<String> = []
  /// Where a pull has gone on already.
  private var cursors: Set<String> = []
  private var sent: Set<String> = []
  private(set) var pushPageCount = 0
  private(set) var pullPageCount = 0
  /// What was sent or asked for again.
  private(set) var repeated: [String] = []

  init(_ laptop: TestLaptop, _ server: ClinicServer) throws {
    guard let replica = try laptop.status()["replica"]?.stringValue else {
      throw TestFailure("the laptop has no replica")
    }
    pushStage = "\(server.data)/accounts/\(server.account)/staged/push-\(replica)"
    pullStage = "\(laptop.store)/staged/pull"
  }

  /// Compares what passed with what was kept before it.
  mutating func check(_ exchanges: [SyncRecord.Exchange]) {
    for exchange in exchanges {
      let again = exchange.documents.filter(documents.contains)
      if let id = again.first {
        let page = exchange.push.map { SyncRecord.text(.object($0)) } ?? "of one"
        repeated.append("\(again.count) documents such as \(id), in the page \(page)")
      }
      if let cursor = exchange.cursor, cursors.contains(cursor) {
        repeated.append("the page of the pull behind \(cursor)")
      }
      sent.formUnion(exchange.documents)
    }
  }

  /// Notes what is kept now. Nobody may be writing: one of the programs is dead, the other waits.
  mutating func note(_ exchanges: [SyncRecord.Exchange]) throws {
    for exchange in exchanges where exchange.isAnswered { documents.formUnion(exchange.documents) }
    try notePush()
    try notePull()
  }

  private mutating func notePush() throws {
    var count = pushPageCount
    while let page = try? readWhole("\(pushStage)/\(count).jsonl") {
      documents.formUnion(SyncRecord.documentIDs(page))
      count += 1
    }
    if pushPageCount > 0, (try? readWhole("\(pushStage)/0.jsonl")) == nil {
      // The push was accepted, or what was kept is lost.
      documents.formUnion(sent)
    }
    pushPageCount = max(pushPageCount, count)
  }

  private mutating func notePull() throws {
    var last = pullPageCount == 0 ? SyncRecord.start : nil
    while let page = try? readWhole("\(pullStage)/\(pullPageCount).jsonl") {
      let head = try JSONValue(parsing: page.prefix { $0 != UInt8(ascii: "\n") }).objectValue
      guard let cursor = head?["cursor"] else { throw TestFailure("a staged page has no cursor") }
      cursors.insert(last ?? lastCursor)
      last = SyncRecord.text(cursor)
      lastCursor = SyncRecord.text(cursor)
      pullPageCount += 1
    }
  }

  /// Behind the last page that was seen.
  private var lastCursor = SyncRecord.start
}
