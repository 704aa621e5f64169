/// How long a transfer may take: a time at the start, and from then on a least average rate.
struct TransferPace: Sendable {
  private let start: ContinuousClock.Instant
  private let graceSeconds: Double
  private let bytesPerSecond: Double
  private var byteCount = 0

  init(from start: ContinuousClock.Instant, graceSeconds: Double, bytesPerSecond: Double) {
    self.start = start
    self.graceSeconds = graceSeconds
    self.bytesPerSecond = bytesPerSecond
  }

  mutating func add(_ count: Int) { byteCount += count }

  /// When the transfer becomes too slow unless more bytes move.
  var deadline: ContinuousClock.Instant {
    start + .seconds(graceSeconds + Double(byteCount) / bytesPerSecond)
  }
}
