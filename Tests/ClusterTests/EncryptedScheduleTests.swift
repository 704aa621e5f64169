import Platform
import Storage
import Testing

@testable import Cluster

/// Schedules in which laptops seal their stores.
@Suite struct EncryptedScheduleTests {
  @Test func `laptops that seal keep every promise, and no key seals twice`() throws {
    let (sealed, plain) = (try Runner(isEncrypted: true), try Runner())
    for seed in [UInt64(1), 5, 17] {
      let outcome = sealed.run(Schedule(seed: seed))
      #expect(outcome.failure == nil, "\(seed): \(outcome.failure ?? "")")
      #expect(outcome.sealedCount > 100, "\(seed)")
    }
    #expect(plain.run(Schedule(seed: 1)).sealedCount == 0)
  }

  /// Gives the same bytes again and again.
  private struct Stuck: RandomSource {
    func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 7, count: count) }
  }

  @Test func `a key that seals twice is found, as after a restart without any chance`() throws {
    let (book, cryptography) = (SaltBook(), try Cryptography.load())
    for _ in 0..<2 {
      let seal = try #require(CountedSeal(cryptography, random: Stuck(), book))
      for _ in 0..<3 { _ = try seal.sealed([1], as: .file("x")) }
    }
    #expect(book.counts.sealed == 6 && book.counts.repeated == 3)
    #expect(SaltBook(knowing: book).counts.sealed == 3)
  }
}
