import Causality
import Documents
import SyncProtocol
import TestSupport
import Testing

/// How far two histories agree is found from a few hashes (DESIGN, rule 16).
@Suite struct TimelineTests {
  private func history(_ numbers: [(ReplicaID, Int)], salt: UInt64 = 0, from: Int = .max) -> History
  {
    var history = History(digest: sampleDigest)
    for (replica, count) in numbers {
      for number in 1...count {
        let nonce = UInt64(number) &* 7919 &+ (number >= from ? salt : 0)
        history.append(
          TransactionRecord(nonce: nonce, stamp: Stamp(milliseconds: UInt64(number))), of: replica)
      }
    }
    return history
  }

  @Test(arguments: [1, 2, 63, 64, 65, 128, 500, 5000], [1, 60, 65, 500, 4000])
  func `what the server tells is enough to know its history`(count: Int, from: Int) throws {
    let mine = history([(.sample(1), count), (.sample(2), 70)])
    let theirs = history([(.sample(1), count + 10), (.sample(3), 5)], salt: 5, from: from)
    let runs = theirs.runs(behind: mine.probes)
    let reply = TimelineReply(server: .sample(9), knowledge: theirs.knowledge, runs: runs)
    let other = try #require(mine.other(reply))
    #expect(other.knowledge == theirs.knowledge)
    #expect(other.hash(at: other.knowledge) == theirs.hash(at: theirs.knowledge))
  }

  @Test func `what both agree on is hardly told again`() {
    let mine = history([(.sample(1), 100_000)])
    #expect(mine.runs(behind: mine.probes).isEmpty)
    #expect(mine.probes[0].probes.count < 20)
    let theirs = history([(.sample(1), 100_000)], salt: 5, from: 99_990)
    let told = theirs.runs(behind: mine.probes).reduce(0) { $0 + $1.records.count }
    #expect(told >= 11 && told <= 128)
  }

  @Test func `an answer that leaves transactions out is no history`() {
    let mine = history([(.sample(1), 10)])
    let gap = TimelineReply(
      server: .sample(9), knowledge: VersionVector(Dot(.sample(1), 12)), runs: [])
    #expect(mine.other(gap) == nil)
    let stranger = TimelineReply(
      server: .sample(9), knowledge: VersionVector(Dot(.sample(2), 1)), runs: [])
    #expect(mine.other(stranger) == nil)
  }

  @Test func `messages come out as they went in`() throws {
    let mine = history([(.sample(1), 70), (.sample(2), 3)])
    let request = TimelineRequest(
      replica: .sample(1), account: .sample(30), server: .sample(31), probes: mine.probes)
    let read = try Samples.codec.timelineRequest(Samples.codec.encode(request))
    #expect(read.replica == request.replica && read.server == request.server)
    #expect(read.probes.map(\.replica) == request.probes.map(\.replica))
    #expect(read.probes.map(\.probes) == request.probes.map(\.probes))
    let reply = TimelineReply(
      server: .sample(31), knowledge: mine.knowledge, runs: mine.runs(since: VersionVector()))
    let answer = try Samples.codec.timelineReply(Samples.codec.encode(reply))
    #expect(answer.knowledge == reply.knowledge && answer.runs == reply.runs)
    #expect(throws: SyncStreamError.self) {
      _ = try Samples.codec.timelineReply(Samples.codec.encode(request))
    }
    #expect(throws: SyncStreamError.self) {
      _ = try Samples.codec.timelineRequest(Samples.codec.encode(reply))
    }
  }
}
