import Simulation

/// Chance that a seed repeats.
package struct Dice: Sendable {
  private var generator: SimulatedGenerator

  package init(seed: UInt64) { generator = SimulatedGenerator(seed: seed) }

  package mutating func next() -> UInt64 { generator.next() }

  /// A number from 0 on, below `count`.
  package mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }

  package mutating func once(in count: Int) -> Bool { below(count) == 0 }

  package mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

  /// One of several; each as often as its weight says.
  mutating func pick<Value>(_ weighted: [(value: Value, weight: Int)]) -> Value {
    var place = below(weighted.reduce(0) { $0 + $1.weight })
    for entry in weighted {
      if place < entry.weight { return entry.value }
      place -= entry.weight
    }
    return weighted[0].value
  }
}
