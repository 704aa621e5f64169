import Causality
import Documents
import JSON
import TestSupport
import Testing

/// Transactions get another name, and everything that names them follows (DESIGN, rule 16).
@Suite struct RelabellingTests {
  private let names = Relabelling(
    replica: .sample(1), shared: 3, branch: .sample(9), earlier: 2)

  @Test func `what both timelines share keeps its name`() {
    #expect(names.dot(Dot(.sample(1), 3)) == Dot(.sample(1), 3))
    #expect(names.dot(Dot(.sample(1), 4)) == Dot(.sample(9), 3))
    #expect(names.dot(Dot(.sample(2), 4)) == Dot(.sample(2), 4))
    let vector = VersionVector([(.sample(1), 5), (.sample(2), 7)])
    #expect(
      names.vector(vector) == VersionVector([(.sample(1), 3), (.sample(2), 7), (.sample(9), 4)]))
    let early = VersionVector([(.sample(1), 3)])
    #expect(names.vector(early) == early)
  }

  @Test func `a timeline that shares nothing leaves no entry behind`() {
    let all = Relabelling(replica: .sample(1), shared: 0, branch: .sample(9))
    #expect(all.vector(VersionVector([(.sample(1), 2)])) == VersionVector([(.sample(9), 2)]))
  }

  @Test(arguments: 0..<60)
  func `relabelling and joining can change places`(seed: Int) {
    let history = RandomHistory(seed: seed)
    for key in RandomHistory.keys {
      let states = history.states(of: key).map(\.document)
      for (a, b) in zip(states, states.dropFirst()) {
        let there = a.joined(with: b).relabelled(names)
        let here = a.relabelled(names).joined(with: b.relabelled(names), nonce: nonce)
        #expect(here.bytes() == there.bytes())
        #expect(here.isDeleted { _ in true } == a.joined(with: b).isDeleted { _ in true })
      }
    }
  }

  /// Nonces stay what they are.
  private func nonce(_ dot: Dot) -> UInt64 {
    let isMoved = dot.replica == .sample(9) && dot.number > 2
    return SampleReplica.nonce(isMoved ? Dot(.sample(1), dot.number + 1) : dot)
  }

  /// Two clones make the same document at the same time, and which of the two has the smaller name is
  /// another thing before and after: the model's seed 7027007 with the faults `cbe`.
  @Test func `of two creations the same counts under all names`() throws {
    let key = RandomHistory.keys[0]
    var (clone, other) = (SampleReplica(1), SampleReplica(2))
    clone.edit(key, at: 10, ["given": "A"])
    other.edit(key, at: 10, ["given": "B"])
    let (a, b) = (try #require(clone.document(key)), try #require(other.document(key)))
    let names = Relabelling(replica: .sample(1), shared: 0, branch: .sample(9))
    for isFirst in [true, false] {
      let nonce = { (dot: Dot) -> UInt64? in (dot.replica == .sample(2)) == isFirst ? 1 : 2 }
      let before = a.joined(with: b, nonce: nonce).relabelled(names)
      let after = a.relabelled(names).joined(with: b, nonce: nonce)
      #expect(before.bytes() == after.bytes())
      #expect(after.origin.dot.replica == .sample(isFirst ? 2 : 9))
    }
  }

  @Test func `everything that names a transaction follows`() throws {
    var replica = SampleReplica(1)
    let key = RandomHistory.keys[0]
    for number in 1...5 { replica.edit(key, at: 10, ["given": .string("v\(number)")]) }
    let seen = VersionDetails(
      seen: [Dot(.sample(1), 4)],
      deletion: Deletion(
        context: replica.knowledge, knowledge: replica.knowledge, reason: .mistake,
        cause: DeleteCause(document: key, dot: Dot(.sample(1), 5))),
      knowledge: replica.knowledge)
    let document = try #require(replica.document(key))
    let write = Write(
      dot: Dot(.sample(1), 5), stamp: Stamp(milliseconds: 1), author: replica.author)
    let whole = Document(
      key: key, clock: document.clock,
      origin: Origin(dot: Dot(.sample(1), 4), stamp: write.stamp, author: write.author),
      schemaVersion: 1,
      units: [Unit(name: Unit.life, versions: [Version(write: write, value: [:], details: seen)])])
    let moved = whole.relabelled(names)
    let version = try #require(moved.versions(of: Unit.life).first)
    #expect(moved.origin.dot == Dot(.sample(9), 3))
    #expect(version.write.dot == Dot(.sample(9), 4) && version.write.first == Dot(.sample(9), 4))
    #expect(version.details?.seen == [Dot(.sample(9), 3)])
    #expect(version.details?.deletion?.context[.sample(9)] == 4)
    #expect(version.details?.deletion?.knowledge[.sample(1)] == 3)
    #expect(version.details?.deletion?.cause?.dot == Dot(.sample(9), 4))
    #expect(version.details?.knowledge?[.sample(9)] == 4)
  }

  @Test func `a history moves its transactions and keeps their nonces`() throws {
    var history = History(digest: sampleDigest)
    let record = { (nonce: UInt64) in
      TransactionRecord(nonce: nonce, stamp: Stamp(milliseconds: nonce))
    }
    for number in UInt64(1)...6 { history.append(record(number), of: .sample(1)) }
    for number in UInt64(1)...2 { history.append(record(10 + number), of: .sample(9)) }
    let moved = try #require(history.relabelled(names))
    #expect(moved.knowledge == VersionVector([(.sample(1), 3), (.sample(9), 5)]))
    #expect(moved.record(Dot(.sample(9), 3)) == record(4))
    #expect(moved.hash(of: .sample(1), at: 3) == history.hash(of: .sample(1), at: 3))
    #expect(
      history.relabelled(Relabelling(replica: .sample(1), shared: 3, branch: .sample(9))) == nil)
    #expect(
      history.relabelled(Relabelling(replica: .sample(2), shared: 0, branch: .sample(8))) == nil)
  }

  @Test func `everybody on a timeline computes the same name for it`() {
    let name = Relabelling.branch(of: .sample(1), nonce: 7, digest: sampleDigest)
    #expect(
      name != nil && name == Relabelling.branch(of: .sample(1), nonce: 7, digest: sampleDigest))
    #expect(name != Relabelling.branch(of: .sample(1), nonce: 8, digest: sampleDigest))
    #expect(name != Relabelling.branch(of: .sample(2), nonce: 7, digest: sampleDigest))
  }
}
