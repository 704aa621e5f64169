import Causality
import TestSupport
import Testing

struct HybridClockTests {
  @Test(arguments: 0..<50)
  func `a clock never runs backwards, whatever the time of day does`(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    var clock = HybridClock()
    var now: UInt64 = 1_700_000_000_000
    for _ in 0..<200 {
      switch generator.below(6) {
      case 0: now += UInt64(generator.below(100_000_000))
      case 1: now -= UInt64(generator.below(100_000_000))
      default: now += UInt64(generator.below(2))
      }
      let last = clock.last
      if generator.once(in: 4) {
        let seen = Stamp(milliseconds: now + UInt64(generator.below(5_000)), counter: 7)
        clock.observe(seen)
        #expect(clock.last >= seen && clock.last >= last)
      } else {
        let stamp = clock.tick(now: now)
        #expect(stamp > last && stamp.milliseconds >= now && stamp == clock.last)
      }
    }
  }

  @Test func `stamps of one millisecond are kept apart by the counter`() {
    var clock = HybridClock()
    #expect(clock.tick(now: 5) == Stamp(milliseconds: 5))
    #expect(clock.tick(now: 5) == Stamp(milliseconds: 5, counter: 1))
    #expect(clock.tick(now: 4) == Stamp(milliseconds: 5, counter: 2))
    #expect(clock.tick(now: 6) == Stamp(milliseconds: 6))
  }

  @Test func `a full counter runs over into the next millisecond`() {
    var clock = HybridClock(last: Stamp(milliseconds: 5, counter: .max))
    #expect(clock.tick(now: 0) == Stamp(milliseconds: 6))
  }

  @Test func `the last stamp of all stays where it is`() {
    var clock = HybridClock(last: Stamp(rawValue: .max))
    #expect(clock.tick(now: 7) == Stamp(rawValue: .max))
  }

  @Test func `a time that does not fit is cut to the largest`() {
    let stamp = Stamp(milliseconds: .max, counter: 3)
    #expect(stamp.milliseconds == 1 << 48 - 1)
    #expect(stamp.counter == 3)
  }
}
