import Causality
import Documents
import JSON
import TestSupport
import Testing

struct ChangeSetTests {
  private static let a = ReplicaID.sample(1)

  private static func run(_ numbers: ClosedRange<UInt64>) -> TransactionRun {
    TransactionRun(
      replica: a, first: numbers.lowerBound,
      records: numbers.map { TransactionRecord(nonce: $0, stamp: Stamp(milliseconds: $0)) })
  }

  /// What brings somebody who knows nothing to Anna's second transaction.
  private static func whole() -> ChangeSet {
    var scenario = Scenario(["given": "A"])
    scenario.edit(\.anna, ["given": "B"])
    return ChangeSet(
      since: VersionVector(), upTo: scenario.anna.knowledge,
      parts: [scenario.document(\.anna)].compactMap { $0 }, runs: [run(1...2)])
  }

  @Test func `a whole change-set has no defect`() {
    #expect(Self.whole().parts.count == 1)
    #expect(Self.whole().defect() == nil)
    var overlapping = Self.whole()
    overlapping.since = VersionVector(Dot(Self.a, 1))
    #expect(overlapping.defect() == nil)
    overlapping.runs = [Self.run(2...2)]
    #expect(overlapping.defect() == nil)
  }

  @Test func `a change-set of nothing has no defect`() {
    let nothing = ChangeSet(since: VersionVector(), upTo: VersionVector(), parts: [], runs: [])
    #expect(nothing.defect() == nil)
  }

  @Test func `a document that has seen more than the end is a defect`() {
    var changes = Self.whole()
    changes.upTo = VersionVector(Dot(Self.a, 1))
    #expect(changes.defect()?.contains("beyond the end") == true)
  }

  @Test func `a version beyond the document's clock is a defect`() throws {
    var changes = Self.whole()
    let part = try #require(changes.parts.first)
    changes.parts = [
      Document(
        key: part.key, clock: VersionVector(Dot(Self.a, 1)), origin: part.origin,
        schemaVersion: 1, units: part.units)
    ]
    #expect(changes.defect()?.contains("beyond its clock") == true)
  }

  @Test func `a dropped version beyond the document's clock is a defect`() throws {
    var changes = Self.whole()
    let part = try #require(changes.parts.first)
    let beyond = Dot(Self.a, part.clock[Self.a] + 1)
    let write = Write(
      dot: beyond, stamp: part.origin.stamp, author: part.origin.author)
    let version = Version(write: write, value: [:])
    changes.parts = [
      Document(
        key: part.key, clock: part.clock, origin: part.origin, schemaVersion: 1, units: [],
        dropped: [DroppedUnit(name: "status", keys: [version.key])])
    ]
    #expect(changes.defect()?.contains("beyond its clock") == true)
  }

  @Test func `missing transactions are a defect`() {
    for runs in [[], [Self.run(2...2)], [Self.run(1...1)]] {
      var changes = Self.whole()
      changes.runs = runs
      #expect(changes.defect()?.contains("are missing") == true)
    }
  }

  @Test func `of a document that was sent again only the last part counts`() throws {
    var changes = Self.whole()
    let key = DocumentKey(type: "visit", id: .sample(5))
    let part = try #require(changes.parts.first)
    let other = Document(
      key: key, clock: part.clock, origin: part.origin, schemaVersion: 1, units: [])
    let later = Document(
      key: part.key, clock: part.clock, origin: part.origin, schemaVersion: 2, units: part.units)
    changes.parts = [part, other, later]
    #expect(changes.latestParts.map(\.key) == [key, part.key])
    #expect(changes.latestParts.last?.schemaVersion == 2)
    changes.parts = [part, other]
    #expect(changes.latestParts.map(\.key) == [part.key, key])
  }
}
