import Causality

/// Writes the lines of an iCalendar file (RFC 5545, section 3.1).
enum CalendarWriter {
  /// The longest line in octets, without its end.
  static let longestLine = 75

  /// Appends a property. Lines that are too long go on in the next, behind a space; no character is cut.
  static func write(_ line: String, into bytes: inout [UInt8]) {
    var room = longestLine
    for scalar in line.unicodeScalars {
      let count = UTF8.width(scalar)
      if count > room {
        bytes += [UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: " ")]
        room = longestLine - 1
      }
      bytes.append(contentsOf: String(scalar).utf8)
      room -= count
    }
    bytes += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
  }

  static func write(_ lines: [String], into bytes: inout [UInt8]) {
    for line in lines { write(line, into: &bytes) }
  }

  /// A value of the type TEXT. Control characters but the line feed and the tab have no place there.
  static func text(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.replacing("\r\n", with: "\n").unicodeScalars {
      switch scalar {
      case "\\", ";", ",":
        escaped.append("\\")
        escaped.append(scalar)
      case "\n", "\r": escaped.append(contentsOf: "\\n".unicodeScalars)
      case "\t": escaped.append(scalar)
      default: if scalar.value >= 0x20, scalar.value != 0x7f { escaped.append(scalar) }
      }
    }
    return String(escaped)
  }

  /// What clocks show so many seconds after 1970 by their own reckoning: `20260308T020000`.
  static func local(seconds: Int) -> String {
    let days = seconds.quotient(by: 86400)
    let (year, month, day) = Timestamp.civil(daysSince1970: days)
    let rest = seconds - days * 86400
    return digits(year, 4) + digits(month, 2) + digits(day, 2) + "T" + digits(rest / 3600, 2)
      + digits(rest / 60 % 60, 2) + digits(rest % 60, 2)
  }

  /// An instant in UTC: `20260308T070000Z`.
  static func utc(seconds: Int) -> String { local(seconds: seconds) + "Z" }

  static func utc(milliseconds: UInt64) -> String {
    utc(seconds: Int(min(milliseconds, Timestamp.largest) / 1000))
  }

  /// An offset to UTC: `-0500`, with seconds only where there are any.
  static func offset(_ seconds: Int) -> String {
    let size = abs(seconds)
    let rest = size % 60 == 0 ? "" : digits(size % 60, 2)
    return (seconds < 0 ? "-" : "+") + digits(size / 3600, 2) + digits(size / 60 % 60, 2) + rest
  }

  static func digits(_ number: Int, _ width: Int) -> String {
    let text = String(max(0, number))
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }
}

extension Int {
  /// The quotient rounded towards negative infinity; the divisor is positive.
  func quotient(by divisor: Int) -> Int {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
