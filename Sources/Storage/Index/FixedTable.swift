import Causality

/// Records of one size in a file of pages, in order; none goes over the end of a page.
struct FixedTable: Sendable {
  let file: PagedFile
  let firstPage: Int
  let count: Int
  let recordByteCount: Int

  private var recordsPerPage: Int { file.contentByteCount / recordByteCount }

  /// A record, counted from 0 on.
  func record(_ index: Int) throws(StorageError) -> TableRecord {
    let (page, place) = index.quotientAndRemainder(dividingBy: recordsPerPage)
    return TableRecord(
      page: try file.page(firstPage + page), offset: place * recordByteCount)
  }

  /// The first record for which something does not hold that holds for all before it. O(log count).
  func firstIndex(
    _ isBefore: (TableRecord) throws(StorageError) -> Bool
  ) throws(StorageError) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if try isBefore(try record(middle)) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The first record whose id is not before another, in a table that is sorted by ids at its
  /// records' beginning. Ids are spread evenly, so a guess is near; every second step halves what is
  /// left, for those that are not. O(log count) at worst.
  func firstIndex(notBefore id: UniqueID) throws(StorageError) -> Int {
    var (low, high) = (0, count)
    var (lowest, highest) = (UInt64.min, UInt64.max)
    var guesses = true
    while low < high {
      var middle = (low + high) / 2
      if guesses, id.high >= lowest, id.high <= highest, highest > lowest {
        let share = Double(id.high - lowest) / Double(highest - lowest)
        middle = min(high - 1, low + Int(share * Double(high - low)))
      }
      let found = try record(middle).id(at: 0)
      if found < id {
        (low, lowest) = (middle + 1, found.high)
      } else {
        (high, highest) = (middle, found.high)
      }
      guesses.toggle()
    }
    return low
  }
}

/// A record in its page.
struct TableRecord {
  let page: [UInt8]
  let offset: Int

  func number<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, at place: Int
  ) -> Value {
    page.littleEndian(type, at: offset + place)
  }

  func id(at place: Int) -> UniqueID {
    UniqueID(
      high: number(UInt64.self, at: place), low: number(UInt64.self, at: place + 8))
  }
}

extension [UInt8] {
  mutating func append(_ id: UniqueID) {
    appendLittleEndian(id.high)
    appendLittleEndian(id.low)
  }
}
