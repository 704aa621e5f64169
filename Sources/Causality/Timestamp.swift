/// RFC 3339 times in UTC, to the millisecond: the text of a point in time.
package enum Timestamp {
  /// The largest time that has a four-digit year: 9999-12-31T23:59:59.999Z.
  package static let largest: UInt64 = 253_402_300_799_999

  /// - Parameter milliseconds: since 1970 UTC; what lies after the year 9999 is cut to its end.
  package static func text(milliseconds: UInt64) -> String {
    let milliseconds = min(milliseconds, largest)
    let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
    let date = civil(daysSince1970: Int(days))
    return String(unsafeUninitializedCapacity: 24) { buffer in
      var writer = DigitWriter(buffer: buffer)
      writer.put(date.year, digits: 4)
      writer.put("-")
      writer.put(date.month, digits: 2)
      writer.put("-")
      writer.put(date.day, digits: 2)
      writer.put("T")
      writer.put(Int(rest / 3_600_000), digits: 2)
      writer.put(":")
      writer.put(Int(rest / 60_000 % 60), digits: 2)
      writer.put(":")
      writer.put(Int(rest / 1000 % 60), digits: 2)
      writer.put(".")
      writer.put(Int(rest % 1000), digits: 3)
      writer.put("Z")
      return writer.position
    }
  }

  /// Milliseconds since 1970 UTC of an RFC 3339 date and time with any offset; nil if it is not one
  /// or lies before 1970. Digits beyond the millisecond are dropped; a leap second counts as the
  /// second before it.
  package static func milliseconds(_ text: String) -> UInt64? {
    var reader = DigitReader(bytes: Array(text.utf8))
    guard let year = reader.number(digits: 4), reader.take("-"),
      let month = reader.number(digits: 2), reader.take("-"),
      let day = reader.number(digits: 2), reader.take("T") || reader.take("t"),
      let hour = reader.number(digits: 2), reader.take(":"),
      let minute = reader.number(digits: 2), reader.take(":"),
      let second = reader.number(digits: 2),
      let fraction = reader.milliseconds(),
      let offset = reader.offsetMinutes(), reader.isAtEnd,
      let days = daysSince1970(year: year, month: month, day: day),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    let seconds = (days * 24 + hour) * 3600 + minute * 60 + min(second, 59) - offset * 60
    let total = seconds * 1000 + fraction
    return total >= 0 ? UInt64(total) : nil
  }

  /// The proleptic Gregorian date of a day. Source: Hinnant, "chrono-Compatible Low-Level Date
  /// Algorithms": years begin in March, so that the leap day is a year's last.
  package static func civil(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// The number of a Gregorian date's day, 1970-01-01 being 0; nil if there is no such date.
  package static func daysSince1970(year: Int, month: Int, day: Int) -> Int? {
    guard (1...12).contains(month), day >= 1 else { return nil }
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    return civil(daysSince1970: days) == (year, month, day) ? days : nil
  }
}

private struct DigitWriter {
  let buffer: UnsafeMutableBufferPointer<UInt8>
  var position = 0

  mutating func put(_ character: Unicode.Scalar) {
    buffer[position] = UInt8(ascii: character)
    position += 1
  }

  mutating func put(_ number: Int, digits: Int) {
    var rest = number
    for place in stride(from: digits - 1, through: 0, by: -1) {
      buffer[position + place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    position += digits
  }
}

private struct DigitReader {
  let bytes: [UInt8]
  var position = 0

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func digit() -> Int? {
    guard position < bytes.count, bytes[position] >= UInt8(ascii: "0"),
      bytes[position] <= UInt8(ascii: "9")
    else { return nil }
    position += 1
    return Int(bytes[position - 1] - UInt8(ascii: "0"))
  }

  mutating func number(digits: Int) -> Int? {
    var value = 0
    for _ in 0..<digits {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  mutating func milliseconds() -> Int? {
    guard take(".") else { return 0 }
    var value = 0
    var count = 0
    while let digit = digit() {
      if count < 3 { value = value * 10 + digit }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in 0..<max(0, 3 - count) { value *= 10 }
    return value
  }

  mutating func offsetMinutes() -> Int? {
    if take("Z") || take("z") { return 0 }
    let sign = take("-") ? -1 : 1
    guard sign == -1 || take("+"), let hours = number(digits: 2), take(":"),
      let minutes = number(digits: 2), hours < 24, minutes < 60
    else { return nil }
    return sign * (hours * 60 + minutes)
  }
}
