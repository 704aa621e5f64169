internal import CSystem

extension UnsafeRawBufferPointer {
  /// Where the bytes of a word first occur in a part; nil if nowhere. O(part).
  package func firstOffset(of word: [UInt8], in part: Range<Int>) -> Int? {
    guard let base = baseAddress, part.upperBound <= count, !part.isEmpty else { return nil }
    return word.withUnsafeBytes { word in
      guard let needle = word.baseAddress, word.count > 0 else { return part.lowerBound }
      return satchel_find(base + part.lowerBound, part.count, needle, word.count)
        .map { UnsafeRawPointer($0) - base }
    }
  }
}
