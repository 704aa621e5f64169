import Synchronization

/// Counts what went wrong, such as wrong passwords, and tells who has to wait.
final class FailureLimit: Sendable {
  /// So many who failed are remembered; with more, those whose last failure is longest ago are forgotten.
  private static let mostKeys = 20_000

  private let count: Int
  private let milliseconds: UInt64
  /// When somebody failed, the latest last.
  private let failures = Mutex<[String: [UInt64]]>([:])

  /// - Parameters:
  ///   - count: so many failures within the time are allowed.
  ///   - milliseconds: the time.
  init(_ count: Int, within milliseconds: UInt64) {
    (self.count, self.milliseconds) = (count, milliseconds)
  }

  /// How long somebody has to wait, in milliseconds; nil if not at all.
  func wait(_ key: String, at now: UInt64) -> UInt64? {
    failures.withLock { failures in
      let recent = recent(failures[key], now)
      guard recent.count >= count else { return nil }
      return recent[recent.count - count] + milliseconds - now
    }
  }

  func note(_ key: String, at now: UInt64) {
    failures.withLock { failures in
      failures[key] = (recent(failures[key], now) + [now]).suffix(count)
      if failures.count > Self.mostKeys { forget(&failures) }
    }
  }

  /// Forgets somebody's failures: he has proved who he is.
  func clear(_ key: String) { failures.withLock { $0[key] = nil } }

  private func recent(_ times: [UInt64]?, _ now: UInt64) -> [UInt64] {
    // A clock that was set back counts nobody twice.
    (times ?? []).filter { $0 <= now && now - $0 < milliseconds }
  }

  private func forget(_ failures: inout [String: [UInt64]]) {
    let order = failures.mapValues { $0.last ?? 0 }.sorted {
      ($0.value, $0.key) < ($1.value, $1.key)
    }
    for (key, _) in order.prefix(Self.mostKeys / 4) { failures[key] = nil }
  }
}
