import Causality
import Documents
import JSON
import TestSupport
import Testing

/// Random states of one document, out of a common history.
private struct Sample {
  let states: [(document: Document, knowledge: VersionVector)]
  var generator: SeededGenerator

  init(seed: Int) {
    let history = RandomHistory(seed: seed)
    states = RandomHistory.keys.map(history.states).max { $0.count < $1.count } ?? []
    generator = SeededGenerator(seed: seed &+ 7_777)
  }

  mutating func pick() -> (document: Document, knowledge: VersionVector) {
    generator.pick(states)
  }
}

struct JoinTests {
  @Test(arguments: 0..<200)
  func `a join is commutative, associative and idempotent`(seed: Int) {
    var sample = Sample(seed: seed)
    for _ in 0..<4 {
      let (a, b, c) = (sample.pick().document, sample.pick().document, sample.pick().document)
      let ab = a.joined(with: b)
      #expect(ab.bytes() == b.joined(with: a).bytes())
      #expect(
        ab.joined(with: c).bytes() == a.joined(with: b.joined(with: c)).bytes())
      #expect(a.joined(with: a).bytes() == a.bytes())
      #expect(ab.joined(with: a).bytes() == ab.bytes())
      #expect(ab.joined(with: b).bytes() == ab.bytes())
    }
  }

  @Test(arguments: 0..<200)
  func `a part brings what the whole document brings`(seed: Int) {
    var sample = Sample(seed: seed)
    for _ in 0..<4 {
      let (sender, receiver) = (sample.pick(), sample.pick())
      let since = Self.lowered(receiver.knowledge, &sample.generator)
      let whole = receiver.document.joined(with: sender.document)
      for scope in [PartScope.lacking, .whole, .always] {
        let part = sender.document.part(since: since, scope)
        let joined = part.map { receiver.document.joined(with: $0) } ?? receiver.document
        #expect(joined.bytes() == whole.bytes(), "scope \(scope), since \(since.entries)")
        let again = part.map { joined.joined(with: $0) } ?? joined
        #expect(again.bytes() == joined.bytes(), "applied twice, scope \(scope)")
      }
    }
  }

  /// A document that changes while its pages are on their way is sent again.
  @Test(arguments: 0..<200)
  func `an earlier part below a later one makes no difference`(seed: Int) {
    var sample = Sample(seed: seed)
    for _ in 0..<4 {
      let (sender, receiver) = (sample.pick(), sample.pick())
      let later = sender.document.joined(with: sample.pick().document)
      let since = Self.lowered(receiver.knowledge, &sample.generator)
      guard let last = later.part(since: since) else { continue }
      let first = sender.document.part(since: since)
      let both = (first.map { receiver.document.joined(with: $0) } ?? receiver.document)
        .joined(with: last)
      #expect(both.bytes() == receiver.document.joined(with: last).bytes())
      let new = sender.document.joined(with: later)
      #expect(new.bytes() == later.bytes(), "where there was none")
    }
  }

  @Test(arguments: 0..<40)
  func `who has no copy takes the part as it comes`(seed: Int) {
    var sample = Sample(seed: seed)
    let sender = sample.pick()
    let part = sender.document.part(since: VersionVector())
    #expect(part?.bytes() == sender.document.bytes())
  }

  @Test(arguments: 0..<40)
  func `a receiver that knows everything is sent nothing`(seed: Int) {
    var sample = Sample(seed: seed)
    let sender = sample.pick()
    #expect(sender.document.part(since: sender.knowledge) == nil)
    #expect(sender.document.part(since: sender.knowledge, .whole) == nil)
    #expect(sender.document.part(since: sender.knowledge, .always) != nil)
  }

  @Test(arguments: 0..<40)
  func `replicas that have exchanged everything show the same`(seed: Int) {
    let history = RandomHistory(seed: seed)
    for key in RandomHistory.keys {
      let all = history.snapshots.compactMap { $0.document(key) }
      guard let first = all.first else { continue }
      let forwards = all.dropFirst().reduce(first) { $0.joined(with: $1) }
      let backwards = all.reversed().reduce(first) { $0.joined(with: $1) }
      #expect(forwards.bytes() == backwards.bytes())
    }
  }

  @Test(arguments: 0..<40)
  func `units and their versions stay sorted and single`(seed: Int) {
    let history = RandomHistory(seed: seed)
    for document in RandomHistory.keys.flatMap({ history.states(of: $0) }).map(\.document) {
      let names = document.units.map { Array($0.name.utf8) }
      #expect(zip(names, names.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
      for unit in document.units {
        #expect(!unit.versions.isEmpty)
        #expect(zip(unit.versions, unit.versions.dropFirst()).allSatisfy { $0.key < $1.key })
        #expect(unit.versions.allSatisfy { document.clock.covers($0.write.dot) })
      }
    }
  }

  @Test(arguments: 0..<40)
  func `an edit that changes no field writes nothing`(seed: Int) {
    let history = RandomHistory(seed: seed)
    for state in RandomHistory.keys.flatMap({ history.states(of: $0) }) {
      var document = state.document
      guard document.hasWholeCollections else { continue }
      let fields = document.visibleFields(SampleRules.visit)
      let write = Write(
        dot: Dot(.sample(50), 1), stamp: Stamp(milliseconds: 1),
        author: Author(user: nil, device: .sample(51)))
      for value in document.unitValues(for: fields, SampleRules.visit) {
        let isWritten = document.set(value, by: write, SampleRules.visit)
        #expect(!isWritten, "unit \(value.unit): \(value.value.line)")
      }
    }
  }

  /// A knowledge that the given one covers.
  private static func lowered(
    _ knowledge: VersionVector, _ generator: inout SeededGenerator
  ) -> VersionVector {
    VersionVector(
      knowledge.entries.map { entry in
        let number = generator.once(in: 2) ? entry.number : UInt64(generator.below(5))
        return (entry.replica, min(entry.number, number))
      })
  }
}

extension Document {
  /// Whether every set and map with elements also has its own unit with a value: after a concurrent
  /// removal of the whole field it may not, and the next edit writes it again.
  fileprivate var hasWholeCollections: Bool {
    let fields = visibleFields(SampleRules.visit)
    return ["tags", "contacts"].allSatisfy { name in
      guard fields[name] != nil else { return true }
      let rule = SampleRules.visit.unit(named: name)
      return rule.shown(of: versions(of: name)).map { !$0.value.isEmpty } ?? false
    }
  }
}
