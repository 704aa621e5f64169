import Documents
import SyncProtocol

/// A change-set whose documents come in pages, most of which are kept on the disk: only some of them are in
/// memory at once.
struct ArrivingChanges {
  /// About so many bytes of pages are in memory at once.
  private static let pieceByteCount = 2 << 20
  /// So many documents are in memory at once.
  static let pieceDocumentCount = 4_000

  struct Page {
    var parts: [Document]
    var unreadable: [UnreadablePart]
    /// Of the page as it is kept.
    var byteCount: Int
  }

  /// The change-set, with the documents of its last page only.
  let last: ChangeSet
  /// How many pages come before.
  let keptPageCount: Int
  /// Reads one of them.
  let kept: (Int) throws(ReplicaError) -> Page
  var pieceDocumentCount = pieceDocumentCount
  private let whole = WholePiece()

  init(
    _ last: ChangeSet, kept count: Int = 0,
    page: @escaping (Int) throws(ReplicaError) -> Page = { (_) throws(ReplicaError) in
      Page(parts: [], unreadable: [], byteCount: 0)
    }
  ) {
    self.last = last
    keptPageCount = count
    kept = page
  }

  /// Looks at all documents in their order, some at a time. A document that changed after its page was
  /// sent may come again in a later piece; to join both is to join the later, which has seen all that the
  /// earlier has.
  /// - Throws: `sync` with `malformed` if a part cannot be of this change-set.
  func forEachPiece(
    _ body: (_ piece: ChangeSet, _ isLast: Bool) throws(ReplicaError) -> Void
  ) throws(ReplicaError) {
    if let piece = whole.piece { return try body(piece, true) }
    var (piece, byteCount) = (last.emptied, 0)
    var isWhole = true
    func pass(_ piece: ChangeSet) throws(ReplicaError) {
      isWhole = false
      try body(piece, false)
    }
    for number in 0..<keptPageCount {
      let page = try kept(number)
      if let defect = last.defect(of: page.parts) { throw .sync(Self.refusal(defect)) }
      piece.parts += page.parts
      piece.unreadable += page.unreadable
      byteCount += page.byteCount
      try cut(&piece, pass)
      guard byteCount >= Self.pieceByteCount else { continue }
      try pass(piece)
      (piece, byteCount) = (last.emptied, 0)
    }
    piece.parts += last.parts
    piece.unreadable += last.unreadable
    try cut(&piece, pass)
    if isWhole { whole.piece = piece }
    try body(piece, true)
  }

  /// Looks at what is more than a piece holds.
  private func cut(
    _ piece: inout ChangeSet, _ pass: (ChangeSet) throws(ReplicaError) -> Void
  ) throws(ReplicaError) {
    while piece.parts.count > pieceDocumentCount {
      var next = last.emptied
      next.parts = Array(piece.parts[..<pieceDocumentCount])
      piece.parts.removeFirst(pieceDocumentCount)
      try pass(next)
    }
  }

  static func refusal(_ defect: String) -> SyncRefusal {
    SyncRefusal(.malformed, "the change-set is refused: \(defect)")
  }
}

extension ChangeSet {
  fileprivate var emptied: ChangeSet {
    ChangeSet(since: since, upTo: upTo, parts: [], runs: runs)
  }
}

/// A change-set that is small enough to be one piece, once it is read. For one thread.
private final class WholePiece {
  var piece: ChangeSet?
}
