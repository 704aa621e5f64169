import Testing

@testable import Benchmarks

@Suite struct StatisticsTests {
  private static let middles: [([Double], Double)] = [
    ([7], 7), ([3, 1, 2], 2), ([4, 1, 3, 2], 2.5), ([1, 1, 1, 1, 100], 1),
  ]

  @Test(arguments: middles)
  func `the median is the middle of the sorted numbers`(numbers: [Double], middle: Double) {
    #expect(median(numbers) == middle)
  }

  @Test func `a percentile is the smallest number that so many percent do not exceed`() {
    let numbers = (1...200).map(Double.init).reversed().map { $0 }
    #expect(percentile(99, of: numbers) == 198)
    #expect(percentile(50, of: numbers) == 100)
    #expect(percentile(100, of: numbers) == 200)
    #expect(percentile(1, of: numbers) == 2)
    #expect(percentile(99, of: [5]) == 5)
    #expect(percentile(99, of: [1, 2, 3]) == 3)
  }

  @Test func `samples give the medians of their runs and the ratio of both`() {
    let samples = Samples([3, 1, 2], references: [8, 4, 6])
    #expect(samples.value == 2)
    #expect(samples.reference == 6)
    #expect(samples.ratio == 2.0 / 6)
    #expect(Samples([1]).ratio == nil)
  }

  @Test func `two things take turns`() {
    var order: [String] = []
    let times = interleaved(3) {
      order.append("a\($0)")
    } _: {
      order.append("b\($0)")
    }
    #expect(order == ["a0", "b0", "a1", "b1", "a2", "b2"])
    #expect(times.first.count == 3 && times.second.count == 3)
  }
}
