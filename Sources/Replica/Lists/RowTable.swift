import Causality
import Documents
import Platform

/// What lists and counts need of the documents of a type, in memory: who is shown, in what order, and by
/// which words each is found. A value; a change of a row costs no more than the row.
struct RowTable: Sendable {
  /// What a document that is shown has in the table.
  struct Row: Sendable, Equatable {
    /// Of its creation: lists are in this order.
    var stamp: Stamp
    /// The place of its status among those of the type; 0 if it has none.
    var status: UInt8 = 0
    /// When the status ends by itself, in milliseconds since 1970 UTC; 0 if it does not.
    var end: UInt64 = 0
    /// What searches look at, in the form in which they compare: UTF-8 without a zero byte.
    var text: [UInt8] = []
  }

  private var ids: [UniqueID] = []
  private var rows: [Row] = []
  /// Whether a row counts. Rows that changed stand again at the end.
  private var isShown: [Bool] = []
  /// The texts of all rows, each with a zero byte behind it; `ends` is where those end.
  private var texts: [UInt8] = []
  private var ends: [Int] = []
  private var places: [UniqueID: Int] = [:]

  /// How many documents are shown.
  private(set) var count = 0
  /// When the first status ends by itself, or earlier: after that others may mean something else as well, and
  /// a new table is needed.
  private(set) var firstEnd = UInt64.max

  /// Puts a document's row in the place of what it had; nil if it is not shown.
  mutating func set(_ id: UniqueID, to row: Row?) {
    if let place = places[id] {
      if let row, isShown[place], sameText(as: row.text, at: place) {
        if row.end > 0 { firstEnd = min(firstEnd, row.end) }
        rows[place] = Self.withoutText(row)
        return
      }
      hide(place)
      places[id] = nil
    }
    guard let row else { return }
    if row.end > 0 { firstEnd = min(firstEnd, row.end) }
    places[id] = ids.count
    ids.append(id)
    rows.append(Self.withoutText(row))
    isShown.append(true)
    texts.append(contentsOf: row.text)
    texts.append(0)
    ends.append(texts.count)
    count += 1
    if ids.count > 2 * count + Self.mostHidden { compact() }
  }

  /// So many rows that no longer count are kept however few count.
  private static let mostHidden = 1000

  private static func withoutText(_ row: Row) -> Row {
    var row = row
    row.text = []
    return row
  }

  private func range(_ place: Int) -> Range<Int> {
    (place == 0 ? 0 : ends[place - 1])..<(ends[place] - 1)
  }

  private func sameText(as text: [UInt8], at place: Int) -> Bool {
    texts[range(place)].elementsEqual(text)
  }

  private mutating func hide(_ place: Int) {
    if isShown[place] { count -= 1 }
    isShown[place] = false
  }

  private mutating func compact() {
    var table = RowTable()
    for place in ids.indices where isShown[place] {
      var row = rows[place]
      row.text = Array(texts[range(place)])
      table.set(ids[place], to: row)
    }
    self = table
  }

  /// The rows that are shown, in no order.
  var shown: some Sequence<Row> { rows.indices.lazy.filter { isShown[$0] }.map { rows[$0] } }

  // MARK: - Lists

  /// A row that was found.
  struct Found: Sendable {
    let cursor: ListCursor
    fileprivate let place: Int
  }

  /// All rows that are shown, in no order. O(rows).
  func all() -> [Found] { rows.indices.filter { isShown[$0] }.map(found) }

  private func found(_ place: Int) -> Found {
    Found(cursor: ListCursor(rows[place].stamp, ids[place]), place: place)
  }

  /// The rows in which all words occur, in no order. O(text).
  func search(_ words: [[UInt8]]) -> [Found] {
    guard let rarest = words.max(by: { $0.count < $1.count }), !rarest.isEmpty else { return all() }
    var result: [Found] = []
    texts.withUnsafeBytes { texts in
      var (offset, place) = (0, 0)
      while let match = texts.firstOffset(of: rarest, in: offset..<texts.count) {
        place = firstPlace(endingAfter: match, from: place)
        let hasAll = words.allSatisfy { texts.firstOffset(of: $0, in: range(place)) != nil }
        if isShown[place], hasAll { result.append(found(place)) }
        offset = ends[place]
      }
    }
    return result
  }

  /// The first row whose text ends behind an offset.
  private func firstPlace(endingAfter offset: Int, from start: Int) -> Int {
    var (low, high) = (start, ends.count)
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
