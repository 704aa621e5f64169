package import Causality

/// Random numbers that a seed repeats. Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom
/// Number Generators" (2014), SplitMix64.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: some BinaryInteger) { state = UInt64(truncatingIfNeeded: seed) }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to, not including, a bound.
  package mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  /// True once in so many times.
  package mutating func once(in count: Int) -> Bool { below(count) == 0 }

  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[below(elements.count)]
  }
}

extension UniqueID {
  /// An id for tests: `sample(7)` ends in 7.
  package static func sample(_ number: Int) -> UniqueID {
    UniqueID(high: 0x1111_2222_3333_4444, low: UInt64(number))
  }
}

/// A digest of 32 bytes for tests: finds differences, keeps no secrets.
package func sampleDigest(_ bytes: [UInt8]) -> [UInt8] {
  (0..<4).flatMap { lane -> [UInt8] in
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 &+ UInt64(lane)
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash ^= hash >> 29
    return (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) }
  }
}
