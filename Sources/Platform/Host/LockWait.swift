/// How long a program waits for a directory that another command has for a moment.
package struct LockWait: Sendable {
  /// In milliseconds.
  private static let longest: UInt64 = 5000
  private static let pollMicroseconds: UInt32 = 20_000
  private let deadline = monotonicMilliseconds() + Self.longest

  package init() {}

  /// Lets the thread rest for a moment, after which the lock may be free.
  /// - Returns: false at once when the time is over: give up.
  package func rest() -> Bool {
    guard monotonicMilliseconds() < deadline else { return false }
    pause(microseconds: Self.pollMicroseconds)
    return true
  }
}
