/// A reading of a hybrid logical clock: milliseconds since 1970 UTC, and a counter that keeps
/// readings of the same millisecond apart. It ranks siblings and decides nothing else.
///
/// Source: Kulkarni, Demirbas et al., "Logical Physical Clocks" (2014).
package struct Stamp: Hashable, Comparable, Sendable {
  /// Milliseconds in the upper 48 bits, the counter in the lower 16.
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// - Parameter milliseconds: since 1970 UTC; what does not fit into 48 bits is cut to the largest.
  package init(milliseconds: UInt64, counter: UInt16 = 0) {
    rawValue = min(milliseconds, 1 << 48 - 1) << 16 | UInt64(counter)
  }

  package var milliseconds: UInt64 { rawValue >> 16 }
  package var counter: UInt16 { UInt16(truncatingIfNeeded: rawValue) }

  package static func < (a: Stamp, b: Stamp) -> Bool { a.rawValue < b.rawValue }
}

/// A hybrid logical clock: never runs backwards, and never behind a stamp that it has seen.
package struct HybridClock: Sendable {
  /// The last stamp given out or seen.
  package private(set) var last: Stamp

  package init(last: Stamp = Stamp(rawValue: 0)) { self.last = last }

  /// The next stamp.
  /// - Parameter now: milliseconds since 1970 UTC, corrected by the offset to the server.
  package mutating func tick(now: UInt64) -> Stamp {
    let next = last.rawValue == UInt64.max ? last : Stamp(rawValue: last.rawValue + 1)
    last = max(next, Stamp(milliseconds: now))
    return last
  }

  /// Makes all later stamps greater than one that came from elsewhere.
  package mutating func observe(_ stamp: Stamp) { last = max(last, stamp) }
}
