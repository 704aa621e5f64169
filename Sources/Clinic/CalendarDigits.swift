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

  /// Whether a text has the length of a form, digits where it has zeros, and else its characters.
  static func haveForm(_ form: StaticString, in text: String) -> Bool {
    text.utf8.count == form.utf8CodeUnitCount
      && form.withUTF8Buffer { form in
        zip(form, text.utf8).allSatisfy { expected, byte in
          expected == UInt8(ascii: "0")
            ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == expected
        }
      }
  }

  /// A number that is not negative, with zeros before it up to `width` digits.
  static func text(_ number: Int, width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
