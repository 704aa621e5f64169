import Synchronization

/// Lets everybody do so much a second, and for a moment more (a token bucket for each).
final class RateLimit: Sendable {
  /// So many are remembered at once; those who have been quiet are forgotten first.
  private static let mostKeys = 20_000
  /// How many seconds' worth may come at once.
  private static let burstSeconds = 10.0

  private struct Bucket {
    var tokens: Double
    var time: UInt64
  }

  private let perSecond: Double
  private let buckets = Mutex<[String: Bucket]>([:])

  init(perSecond: Double) { self.perSecond = perSecond }

  private var capacity: Double { perSecond * Self.burstSeconds }

  /// Takes one.
  /// - Parameter now: milliseconds of a clock that is never set back.
  /// - Returns: how many seconds there is nothing to take; nil if one was taken.
  func take(_ key: String, at now: UInt64) -> Double? {
    buckets.withLock { buckets in
      var bucket = buckets[key] ?? Bucket(tokens: capacity, time: now)
      refill(&bucket, now)
      defer {
        buckets[key] = bucket
        if buckets.count > Self.mostKeys { forget(&buckets, now) }
      }
      guard bucket.tokens >= 1 else { return (1 - bucket.tokens) / perSecond }
      bucket.tokens -= 1
      return nil
    }
  }

  private func refill(_ bucket: inout Bucket, _ now: UInt64) {
    // Two threads that read the clock may come in the other order.
    guard now > bucket.time else { return }
    bucket.tokens = min(capacity, bucket.tokens + Double(now - bucket.time) / 1000 * perSecond)
    bucket.time = now
  }

  /// Forgets the full ones, which say nothing, and all if that is not enough.
  private func forget(_ buckets: inout [String: Bucket], _ now: UInt64) {
    buckets = buckets.filter { entry in
      var bucket = entry.value
      refill(&bucket, now)
      return bucket.tokens < capacity
    }
    if buckets.count > Self.mostKeys { buckets = [:] }
  }
}
