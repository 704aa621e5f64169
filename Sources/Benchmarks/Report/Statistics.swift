/// The middle of some numbers; of an even count, the mean of the two in the middle.
///
/// - Complexity: O(*n* log *n*).
func median(_ numbers: [Double]) -> Double {
  precondition(!numbers.isEmpty, "no numbers have no middle")
  let sorted = numbers.sorted()
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// The smallest of the numbers that so many percent of them do not exceed (the nearest rank).
///
/// - Parameter percent: from above 0 to 100.
/// - Complexity: O(*n* log *n*).
func percentile(_ percent: Int, of numbers: [Double]) -> Double {
  precondition(!numbers.isEmpty, "no numbers have no percentile")
  precondition((1...100).contains(percent), "a percentile is one of 1 to 100")
  let rank = (numbers.count * percent + 99) / 100
  return numbers.sorted()[rank - 1]
}
