internal import Glibc

/// Times as answers tell them (RFC 9110, 5.6.7).
enum HTTPDate {
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The end of the year 9999: years have four digits.
  private static let lastSecond: UInt64 = 253_402_300_799

  /// - Parameter seconds: since 1970 UTC.
  static func text(_ seconds: UInt64) -> String {
    var time = time_t(min(seconds, lastSecond))
    var parts = tm()
    _ = gmtime_r(&time, &parts)
    let (day, month) = (days[Int(parts.tm_wday)], months[Int(parts.tm_mon)])
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(twoDigits).joined(separator: ":")
    return "\(day), \(twoDigits(parts.tm_mday)) \(month) \(1900 + Int(parts.tm_year)) \(clock) GMT"
  }

  private static func twoDigits(_ number: Int32) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
