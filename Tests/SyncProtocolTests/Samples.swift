import Causality
import Documents
import JSON
import SyncProtocol
import TestSupport

/// Made-up participants of a sync and what they say.
enum Samples {
  static let laptop = ReplicaID.sample(1)
  static let hub = ReplicaID.sample(2)
  static let account = UniqueID.sample(30)
  static let server = UniqueID.sample(31)
  static let codec = SyncCodec(rules: SampleRules.all, digest: sampleDigest)
  static let now: UInt64 = 1_700_000_000_123

  /// `knows(3, 5)`: the laptop's transactions up to 3, the hub's up to 5.
  static func knows(_ laptopNumber: UInt64, _ hubNumber: UInt64 = 0) -> VersionVector {
    VersionVector([(laptop, laptopNumber), (hub, hubNumber)])
  }

  static func document(_ number: Int) -> Document {
    var replica = SampleReplica(1)
    let key = DocumentKey(type: "visit", id: .sample(number))
    replica.edit(key, at: now, ["given": .string("é\(number)"), "tags": ["a/b"], "note": "\n"])
    return replica.document(key) ?? part(number)
  }

  static func part(_ number: Int) -> Document {
    Document(
      key: DocumentKey(type: "visit", id: .sample(number)), clock: knows(1),
      origin: Origin(
        dot: Dot(laptop, 1), stamp: Stamp(milliseconds: now),
        author: Author(user: nil, device: .sample(9))),
      schemaVersion: 1, units: [])
  }

  static func run(_ count: Int) -> TransactionRun {
    TransactionRun(
      replica: laptop, first: 1,
      records: (1...count).map {
        TransactionRecord(nonce: UInt64($0), stamp: Stamp(milliseconds: now, counter: 1))
      })
  }

  static func cursor(_ position: UInt64) -> PullCursor {
    PullCursor(position: position, head: position + 1, mark: 0xfeed_0000_0000_0000 + position)
  }

  static func request() -> SyncRequest {
    var request = SyncRequest(
      replica: laptop, base: codec.digest(of: knows(1, 1)),
      knowledge: knows(3, 1).difference(from: knows(1, 1)), history: "ab")
    (request.account, request.server) = (account, server)
    request.unstable = "0badcafe"
    request.push = PushPosition(token: 0xffff_0000_0000_0001, page: 0, isLast: true)
    request.pull = PullPosition(since: knows(3, 1), cursor: cursor(4))
    request.former = [.sample(8)]
    request.wanted = [part(40).key]
    request.missing = [part(43).key]
    request.parts = [document(1), document(2)]
    request.runs = [run(3)]
    return request
  }

  static func reply() -> SyncReply {
    var reply = SyncReply(
      server: server, knowledge: knows(3, 9).difference(from: knows(1, 1)), history: "cd", now: now)
    reply.pull = PullPage(cursor: cursor(7), isLast: true)
    reply.wanted = [part(41).key]
    reply.unstable = knows(2).entries
    reply.parts = [document(3)]
    reply.runs = [run(2)]
    return reply
  }
}
