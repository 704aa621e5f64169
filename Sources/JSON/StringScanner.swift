/// Finds the bytes that cannot stand as they are in a JSON string, eight at a time.
enum StringScanner {
  /// The position of the first `"`, `\` or control character from `start` on, or the end.
  ///
  /// The test of eight bytes at once is Mycroft's: `(x - 0x01…) & ~x & 0x80…` marks bytes that are 0.
  /// A mark can be wrong only above a right one, so the lowest is right.
  static func endOfCleanRun(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    let raw = UnsafeRawBufferPointer(bytes)
    var position = start
    while position + 8 <= raw.count {
      let word = UInt64(
        littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let marks = (zeroBytes(word ^ quotes) | zeroBytes(word ^ backslashes) | controls(word))
      if marks != 0 { return position + marks.trailingZeroBitCount / 8 }
      position += 8
    }
    while position < raw.count, !needsEscape(raw[position]) { position += 1 }
    return position
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func zeroBytes(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highBits }
  private static func controls(_ word: UInt64) -> UInt64 {
    (word &- ones * 0x20) & ~word & highBits
  }

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits = ones * 0x80
  private static let quotes = ones * 0x22
  private static let backslashes = ones * 0x5c
}
