internal import Glibc

/// The time of day, which a person or the network may set forwards and back.
package protocol WallClock: Sendable {
  /// Milliseconds since 1970 UTC.
  func now() -> UInt64
}

/// The time of day of this machine.
package struct SystemClock: WallClock {
  package init() {}

  /// Milliseconds since 1970 UTC; 0 if the machine believes in an earlier time.
  package func now() -> UInt64 { milliseconds(of: CLOCK_REALTIME) + Self.ahead }

  #if DEBUG
    /// Lets tests see what happens after weeks; programs that are built for use know of no such thing.
    private static let ahead =
      Host.environment("SATCHEL_TEST_CLOCK_AHEAD").flatMap { UInt64($0) }.map { $0 * 1000 } ?? 0
  #else
    private static let ahead: UInt64 = 0
  #endif
}

/// Milliseconds since some moment before this program started; never goes back. For measuring how
/// long something took. Stands still while the machine sleeps.
package func monotonicMilliseconds() -> UInt64 { milliseconds(of: CLOCK_MONOTONIC) }

private func milliseconds(of clock: clockid_t) -> UInt64 {
  var time = timespec()
  let result = clock_gettime(clock, &time)
  precondition(result == 0, "every system has this clock")
  guard time.tv_sec >= 0 else { return 0 }
  return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
}

/// Lets the thread rest. For waiting on what tells nobody, such as another process's lock.
package func pause(microseconds: UInt32) {
  usleep(microseconds)
}
