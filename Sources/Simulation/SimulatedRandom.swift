import Platform
internal import Synchronization

/// Random numbers that a seed repeats. Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom
/// Number Generators" (2014), SplitMix64.
package struct SimulatedGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// A source of random numbers that a seed repeats, as long as one thread at a time asks.
package final class SimulatedRandom: RandomSource {
  private let generator: Mutex<SimulatedGenerator>

  package init(seed: UInt64) { generator = Mutex(SimulatedGenerator(seed: seed)) }

  package func bytes(_ count: Int) -> [UInt8] {
    generator.withLock { generator in
      (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }
  }
}
