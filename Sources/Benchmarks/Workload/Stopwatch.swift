/// How long something takes.
struct Stopwatch {
  private let start = ContinuousClock.now

  var seconds: Double { start.duration(to: .now) / .seconds(1) }
  var microseconds: Double { seconds * 1_000_000 }
  var milliseconds: Double { seconds * 1000 }
}

/// How many seconds something takes.
func seconds(of body: () throws -> Void) rethrows -> Double {
  let watch = Stopwatch()
  try body()
  return watch.seconds
}

/// Does two things by turns, so that both meet the disk in the same moods.
/// - Returns: how many microseconds each took, each time.
func interleaved(
  _ count: Int, _ first: (Int) throws -> Void, _ second: (Int) throws -> Void
) rethrows -> (first: [Double], second: [Double]) {
  var times: (first: [Double], second: [Double]) = ([], [])
  for index in 0..<count {
    times.first.append(try seconds(of: { try first(index) }) * 1_000_000)
    times.second.append(try seconds(of: { try second(index) }) * 1_000_000)
  }
  return times
}
