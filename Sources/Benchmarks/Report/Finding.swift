/// What came of a measure.
struct Finding: Sendable {
  enum Outcome: Sendable {
    case measured(Samples)
    /// It cannot be measured here; why.
    case skipped(String)
  }

  let measure: Measure
  let outcome: Outcome

  init(_ measure: Measure, _ samples: Samples) {
    self.measure = measure
    outcome =
      measure.basis == .ratio && samples.ratio == nil
      ? .skipped("there is nothing to compare it with") : .measured(samples)
  }

  init(_ measure: Measure, skipped reason: String) {
    self.measure = measure
    outcome = .skipped(reason)
  }

  var samples: Samples? {
    if case .measured(let samples) = outcome { samples } else { nil }
  }

  /// Whether the promise is kept; what was not measured keeps none.
  var isOK: Bool {
    guard let samples else { return false }
    switch measure.basis {
    case .value: return measure.keepsPromise(samples.value)
    case .ratio: return samples.ratio.map(measure.keepsPromise) ?? false
    }
  }
}

/// What the runs of a measure gave, and those of its reference beside them.
struct Samples: Sendable {
  /// Invariant: not empty.
  let values: [Double]
  /// Empty if the measure has no reference.
  let references: [Double]

  init(_ values: [Double], references: [Double] = []) {
    precondition(!values.isEmpty, "a measure that was taken has a value")
    self.values = values
    self.references = references
  }

  var value: Double { median(values) }
  var reference: Double? { references.isEmpty ? nil : median(references) }

  /// The median value for each one of the median reference; nil without a reference.
  var ratio: Double? {
    guard let reference, reference > 0 else { return nil }
    return value / reference
  }
}
