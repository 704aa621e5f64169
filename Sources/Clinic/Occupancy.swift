/// A span of time that is taken, in seconds since 1970 UTC, half-open: what ends at ten leaves room
/// for what begins at ten.
package struct Occupancy: Hashable, Sendable {
  package let start: Int
  /// The first second that is free again.
  package let end: Int

  package init(start: Int, end: Int) {
    self.start = start
    self.end = end
  }

  /// Whether both take a common second. A span that ends at or before its start takes none.
  package func overlaps(_ other: Occupancy) -> Bool {
    max(start, other.start) < min(end, other.end)
  }
}
