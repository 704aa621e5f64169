/// How long things took, as Prometheus counts it: how many took no longer than each of some times.
struct Histogram: Sendable {
  /// In seconds, ascending.
  static let bounds = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  ]

  /// How many fell between a bound and the one before; the last are those beyond all.
  private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  private(set) var sum = 0.0

  mutating func add(seconds: Double, times: Int = 1) {
    counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += times
    sum += seconds * Double(times)
  }

  var count: Int { counts.reduce(0, +) }
}
