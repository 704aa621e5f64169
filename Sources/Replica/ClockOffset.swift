/// How far this machine's clock is behind the server's, in milliseconds: what is added to it.
package enum ClockOffset {
  /// Clocks that are apart by less count as the same.
  private static let toleratedMilliseconds = 2000

  /// What to add after an exchange: as before, unless the clocks are apart by more than 2 seconds and more
  /// than the request's way can account for, since the server looked at its clock at some time between.
  /// - Parameters:
  ///   - server: the server's time in its answer, milliseconds since 1970 like the others.
  ///   - before: this machine's time when it asked.
  ///   - after: its time when the answer was there.
  package static func corrected(
    _ offset: Int, server: UInt64, askedAt before: UInt64, answeredAt after: UInt64
  ) -> Int {
    // A clock that is set meanwhile makes the way negative.
    let way = Int(truncatingIfNeeded: after &- before)
    let measured = Int(truncatingIfNeeded: server &- before) - way / 2
    let isApart = (measured - offset).magnitude > toleratedMilliseconds + Int(way.magnitude / 2)
    return isApart ? measured : offset
  }
}
