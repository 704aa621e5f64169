import Synchronization

/// Sums up what would else be told again and again: an address that asks too often makes no log of it.
final class RefusalCount: Sendable {
  /// How long refusals of an address are summed up after one was told, in milliseconds.
  private static let milliseconds: UInt64 = 10_000
  /// So many addresses are remembered; with more, all are forgotten, and told anew.
  private static let mostKeys = 1000

  private struct Told {
    let time: UInt64
    var untold = 0
  }

  private let addresses = Mutex<[String: Told]>([:])

  /// Counts refusals of an address.
  /// - Returns: how many are to be told of now; nil if they are told later, together with others.
  func add(_ count: Int, from address: String, at now: UInt64) -> Int? {
    addresses.withLock { addresses in
      let told = addresses[address]
      if let told, now < told.time + Self.milliseconds {
        addresses[address]?.untold += count
        return nil
      }
      if addresses.count >= Self.mostKeys { addresses = [:] }
      addresses[address] = Told(time: now)
      return count + (told?.untold ?? 0)
    }
  }
}
