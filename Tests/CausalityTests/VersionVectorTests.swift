import Causality
import TestSupport
import Testing

/// A version vector as a dictionary, the obvious way.
private typealias Model = [ReplicaID: UInt64]

struct VersionVectorTests {
  @Test(arguments: 0..<100)
  func `a vector does what a dictionary does`(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      let (a, modelOfA) = Self.random(&generator)
      let (b, modelOfB) = Self.random(&generator)
      Self.check(a, modelOfA)
      Self.check(a.union(b), modelOfA.merging(modelOfB, uniquingKeysWith: max))
      #expect(
        a.isCovered(by: b) == modelOfA.allSatisfy { modelOfB[$0.key, default: 0] >= $0.value })
      #expect((a == b) == (modelOfA == modelOfB))
      for number in 0..<6 {
        let dot = Dot(.sample(number), UInt64(1 + generator.below(6)))
        #expect(a.covers(dot) == (modelOfA[dot.replica, default: 0] >= dot.number))
      }
    }
  }

  @Test(arguments: 0..<100)
  func `a difference leads from the base to the vector`(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      let (vector, _) = Self.random(&generator)
      let (base, _) = Self.random(&generator)
      let difference = vector.difference(from: base)
      #expect(base.applying(difference) == vector)
      #expect(difference.allSatisfy { base[$0.replica] != $0.number })
      #expect(difference.map(\.replica) == difference.map(\.replica).sorted())
      #expect(vector.difference(from: vector).isEmpty)
    }
  }

  @Test(arguments: 0..<50)
  func `a union covers both and is the smallest that does`(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    let (a, _) = Self.random(&generator)
    let (b, _) = Self.random(&generator)
    let union = a.union(b)
    #expect(a.isCovered(by: union) && b.isCovered(by: union))
    #expect(union == b.union(a) && union.union(a) == union)
    for entry in union.entries {
      #expect(entry.number == a[entry.replica] || entry.number == b[entry.replica])
    }
  }

  @Test func `an empty vector covers nothing and is covered by all`() {
    let empty = VersionVector()
    #expect(empty.isEmpty && empty.isCovered(by: empty))
    #expect(!empty.covers(Dot(.sample(1), 1)))
    #expect(!VersionVector(Dot(.sample(1), 1)).isCovered(by: empty))
    #expect(VersionVector(Dot(.sample(1), 0)).isEmpty)
  }

  @Test func `dots are ordered by replica, then number`() {
    #expect(Dot(.sample(1), 9) < Dot(.sample(2), 1))
    #expect(Dot(.sample(1), 1) < Dot(.sample(1), 2))
    #expect(!(Dot(.sample(1), 1) < Dot(.sample(1), 1)))
  }

  private static func random(_ generator: inout SeededGenerator) -> (VersionVector, Model) {
    var model: Model = [:]
    var vector = VersionVector()
    for _ in 0..<generator.below(8) {
      let dot = Dot(.sample(generator.below(6)), UInt64(generator.below(6)))
      vector.include(dot)
      if dot.number > 0 { model[dot.replica] = max(model[dot.replica, default: 0], dot.number) }
    }
    return (vector, model)
  }

  private static func check(_ vector: VersionVector, _ model: Model) {
    #expect(vector.entries.map(\.replica) == model.keys.sorted())
    for (replica, number) in model { #expect(vector[replica] == number) }
    #expect(VersionVector(model.map { ($0.key, $0.value) }) == vector)
  }
}
