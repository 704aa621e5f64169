/// Measures that are taken together, because they share what is slow to make.
protocol MeasureFamily {
  /// In the order in which they are reported.
  var measures: [Measure] { get }

  /// Takes the measures: one finding for each. What it throws is why none of them could be taken.
  func run(_ bench: Workbench) throws -> [Finding]
}

extension MeasureFamily {
  /// The findings, whatever happens.
  func findings(_ bench: Workbench) -> [Finding] {
    do { return try run(bench) } catch {
      return measures.map { Finding($0, skipped: "\(error)") }
    }
  }
}
