import Causality
import Documents
import TestSupport
import Testing

struct HistoryTests {
  private static let a = ReplicaID.sample(1)
  private static let b = ReplicaID.sample(2)

  private static func record(_ number: Int, nonce: Int = 0) -> TransactionRecord {
    TransactionRecord(
      nonce: UInt64(1_000 * nonce + number), stamp: Stamp(milliseconds: UInt64(number)))
  }

  private static func run(_ numbers: ClosedRange<Int>, of replica: ReplicaID = a) -> TransactionRun
  {
    TransactionRun(
      replica: replica, first: UInt64(numbers.lowerBound), records: numbers.map { record($0) })
  }

  private static func history(_ count: Int) -> History {
    var history = History(digest: sampleDigest)
    for number in 1...max(count, 1) where number <= count { history.append(record(number), of: a) }
    return history
  }

  /// The hash at a number, computed record by record.
  private static func plainHash(_ count: Int) -> [UInt8] {
    (1...max(count, 1)).filter { $0 <= count }.reduce([UInt8](repeating: 0, count: 32)) {
      let record = record($1)
      return sampleDigest($0 + record.nonce.bigEndianBytes + record.stamp.rawValue.bigEndianBytes)
    }
  }

  @Test(arguments: [0, 1, 63, 64, 65, 127, 128, 129, 200])
  func `the hash at every number is that of the chain up to there`(count: Int) {
    let history = Self.history(count)
    #expect(history.knowledge[Self.a] == UInt64(count))
    for number in [0, 1, 62, 63, 64, 65, 66, 127, 128, 129, 199, 200, 201] {
      let hash = history.hash(of: Self.a, at: UInt64(number))
      #expect(hash == (number <= count ? Self.plainHash(number) : nil), "at \(number)")
    }
  }

  @Test
  func `histories with the same transactions have the same hash, in whatever order they came`() {
    var first = Self.history(70)
    var second = History(digest: sampleDigest)
    for number in 1...5 { second.append(Self.record(number), of: Self.b) }
    for number in 1...70 { second.append(Self.record(number), of: Self.a) }
    for number in 1...5 { first.append(Self.record(number), of: Self.b) }
    #expect(first.knowledge == second.knowledge)
    #expect(first.hash(at: first.knowledge) == second.hash(at: second.knowledge))
    #expect(first.hash(at: first.knowledge) != nil)
  }

  @Test(arguments: [1, 2, 64, 65, 70])
  func `another transaction anywhere changes every hash from there on`(place: Int) {
    let plain = Self.history(70)
    var other = History(digest: sampleDigest)
    for number in 1...70 {
      other.append(Self.record(number, nonce: number == place ? 1 : 0), of: Self.a)
    }
    for number in 1...70 {
      let at = VersionVector(Dot(Self.a, UInt64(number)))
      #expect((plain.hash(at: at) == other.hash(at: at)) == (number < place), "at \(number)")
    }
  }

  @Test func `another stamp changes the hash`() {
    var (first, second) = (Self.history(3), Self.history(3))
    first.append(TransactionRecord(nonce: 1, stamp: Stamp(milliseconds: 1)), of: Self.a)
    second.append(
      TransactionRecord(nonce: 1, stamp: Stamp(milliseconds: 1, counter: 1)), of: Self.a)
    #expect(first.hash(at: first.knowledge) != second.hash(at: second.knowledge))
  }

  @Test func `the same chain of another replica, or at another number, has another hash`() {
    var other = History(digest: sampleDigest)
    for number in 1...3 { other.append(Self.record(number), of: Self.b) }
    let plain = Self.history(3)
    #expect(plain.hash(at: plain.knowledge) != other.hash(at: other.knowledge))
    #expect(plain.hash(at: VersionVector()) != plain.hash(at: plain.knowledge))
  }

  @Test func `a knowledge beyond the history has no hash`() {
    let history = Self.history(3)
    #expect(history.hash(at: VersionVector(Dot(Self.a, 4))) == nil)
    #expect(history.hash(at: VersionVector(Dot(Self.b, 1))) == nil)
    #expect(history.record(Dot(Self.a, 4)) == nil)
    #expect(history.record(Dot(Self.a, 0)) == nil)
    #expect(history.record(Dot(Self.a, 3)) == Self.record(3))
  }

  @Test(arguments: [(0, 1), (1, 1), (5, 1), (5, 4), (5, 6), (63, 60), (64, 65), (64, 2), (70, 71)])
  func `the hash with runs added is the hash after they are appended`(count: Int, first: Int) {
    let history = Self.history(count)
    let runs = [Self.run(1...4, of: Self.b), Self.run(first...(first + 80))]
    var after = history
    for run in runs {
      let isAppended = after.append(run)
      #expect(isAppended)
    }
    for number in Set([1, count, count + 1, first + 40, first + 80]) where number > 0 {
      let at = VersionVector([(Self.a, UInt64(number)), (Self.b, UInt64(3))])
      #expect(after.hash(at: at) != nil)
      #expect(history.hash(at: at, adding: runs) == after.hash(at: at), "at \(number)")
    }
  }

  @Test func `runs with a gap, or too short, give no hash`() {
    let history = Self.history(5)
    let at = VersionVector(Dot(Self.a, 9))
    #expect(history.hash(at: at, adding: []) == nil)
    #expect(history.hash(at: at, adding: [Self.run(7...9)]) == nil)
    #expect(history.hash(at: at, adding: [Self.run(6...8)]) == nil)
    #expect(history.hash(at: at, adding: [Self.run(6...9, of: Self.b)]) == nil)
    #expect(history.hash(at: at, adding: [Self.run(6...9)]) != nil)
  }

  @Test func `runs since a knowledge are what is beyond it`() {
    var history = Self.history(5)
    history.append(Self.record(1), of: Self.b)
    let since = VersionVector([(Self.a, UInt64(3)), (ReplicaID.sample(3), UInt64(7))])
    #expect(history.runs(since: since) == [Self.run(4...5), Self.run(1...1, of: Self.b)])
    #expect(history.runs(since: history.knowledge).isEmpty)
    #expect(history.runs(since: VersionVector(Dot(Self.a, 9))).map(\.replica) == [Self.b])
    #expect(history.runs(since: VersionVector()).map(\.last) == [5, 1])
  }

  @Test func `a run that overlaps adds only what is new`() {
    var history = Self.history(5)
    let overlapping = history.append(Self.run(3...8))
    let known = history.append(Self.run(1...4))
    #expect(overlapping && known)
    #expect(history.knowledge[Self.a] == 8)
    #expect(history.hash(of: Self.a, at: 8) == Self.plainHash(8))
  }

  @Test func `a run behind a gap adds nothing`() {
    var history = Self.history(5)
    let isAppended = history.append(Self.run(7...8))
    let isNothing = history.append(TransactionRun(replica: Self.a, first: 0, records: []))
    #expect(!isAppended && !isNothing)
    #expect(history.knowledge[Self.a] == 5)
  }
}
