/// The fixed-width decimal numbers of which dates and times of day are written.
enum CalendarDigits {
  /// The number that these ASCII digits write; nil if one of them is no digit.
  static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
  }

  /// A number that is not negative, with zeros before it up to `width` digits.
  static func text(_ number: Int, width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
