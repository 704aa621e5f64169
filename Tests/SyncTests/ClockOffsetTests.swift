import Replica
import Testing

/// A laptop's clock is corrected by the server's, but not by the time that a request took.
@Suite struct ClockOffsetTests {
  private static let now: UInt64 = 1_800_000_000_000
  private static let hour = 3_600_000

  private func corrected(_ offset: Int, aheadBy ahead: Int, afterMilliseconds way: Int) -> Int {
    ClockOffset.corrected(
      offset, server: UInt64(Int(Self.now) + ahead), askedAt: Self.now,
      answeredAt: UInt64(Int(Self.now) + way))
  }

  @Test func `a clock that is wrong by more than two seconds is corrected`() {
    #expect(corrected(0, aheadBy: 2000, afterMilliseconds: 0) == 0)
    #expect(corrected(0, aheadBy: 2001, afterMilliseconds: 0) == 2001)
    #expect(corrected(0, aheadBy: -2001, afterMilliseconds: 0) == -2001)
    #expect(corrected(Self.hour, aheadBy: Self.hour + 1500, afterMilliseconds: 10) == Self.hour)
    #expect(corrected(Self.hour, aheadBy: 0, afterMilliseconds: 10) == -5)
  }

  @Test(arguments: [(0, 0), (0, 5000), (5000, 5000)])
  func `a slow request says nothing about the clock`(readAfter: Int, answeredAfter: Int) {
    let offset = corrected(0, aheadBy: readAfter, afterMilliseconds: answeredAfter)
    #expect(offset == 0)
    let known = corrected(
      Self.hour, aheadBy: Self.hour + readAfter, afterMilliseconds: answeredAfter)
    #expect(known == Self.hour)
  }

  @Test func `a clock that is set back while a request is under way traps nothing`() {
    #expect(corrected(0, aheadBy: 0, afterMilliseconds: -3 * Self.hour) == 0)
    #expect(ClockOffset.corrected(0, server: .max, askedAt: 0, answeredAt: .max) == 0)
  }
}
