/// Something that is measured, and what is promised about it.
struct Measure: Sendable {
  /// Which values are good.
  enum Direction: String, Sendable {
    case lower, higher
  }

  /// What a promise is about.
  enum Basis: String, Sendable {
    /// The value itself, in the measure's unit.
    case value
    /// The value divided by its reference.
    case ratio
  }

  let name: String
  /// Of the value and the reference: "us", "ms", "s", "mb" (10^6 bytes), "per_s".
  let unit: String
  /// The worst that still keeps the promise.
  let bound: Double
  let basis: Basis
  let better: Direction

  init(_ name: String, _ unit: String, _ better: Direction, _ basis: Basis, _ bound: Double) {
    self.name = name
    self.unit = unit
    self.bound = bound
    self.basis = basis
    self.better = better
  }

  /// Whether a value, or a ratio if that is what the promise is about, keeps the promise.
  func keepsPromise(_ figure: Double) -> Bool {
    switch better {
    case .lower: figure <= bound
    case .higher: figure >= bound
    }
  }
}
