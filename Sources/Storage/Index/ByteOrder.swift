/// Whether bytes sort before others: as unsigned numbers, from the first that differs. Eight are compared
/// at a time.
func bytesLess(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      let count = min(a.count, b.count)
      var position = 0
      while position + 8 <= count {
        let words = (
          UInt64(bigEndian: a.loadUnaligned(fromByteOffset: position, as: UInt64.self)),
          UInt64(bigEndian: b.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        )
        if words.0 != words.1 { return words.0 < words.1 }
        position += 8
      }
      while position < count {
        if a[position] != b[position] { return a[position] < b[position] }
        position += 1
      }
      return a.count < b.count
    }
  }
}

extension Array where Element: Comparable {
  /// The smallest at least `limit`, sorted. O(n log limit) for elements in no order.
  package func smallest(_ limit: Int) -> [Element] {
    if count / 4 < limit { return sorted() }
    var found: [Element] = []
    for key in self {
      if found.count == limit, let last = found.last, last <= key { continue }
      if found.count == limit { found.removeLast() }
      var (low, high) = (0, found.count)
      while low < high {
        let middle = (low + high) / 2
        if found[middle] < key { low = middle + 1 } else { high = middle }
      }
      found.insert(key, at: low)
    }
    return found
  }
}
