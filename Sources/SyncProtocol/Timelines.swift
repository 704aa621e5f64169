package import Causality
package import Documents
import JSON

/// From a laptop whose history differs from its server's: hashes of its own, from which the server
/// finds how far both agree (DESIGN, rule 16).
package struct TimelineRequest: Sendable {
  package struct Probe: Sendable, Equatable {
    package let number: UInt64
    /// Of the replica's chain at that number.
    package let hash: [UInt8]
  }

  package var replica: ReplicaID
  package var account: UniqueID
  package var server: UniqueID?
  /// By replica, the largest number first.
  package var probes: [(replica: ReplicaID, probes: [Probe])]

  package init(
    replica: ReplicaID, account: UniqueID, server: UniqueID?,
    probes: [(replica: ReplicaID, probes: [Probe])]
  ) {
    self.replica = replica
    self.account = account
    self.server = server
    self.probes = probes
  }
}

/// The server's transactions beyond what both agree on.
package struct TimelineReply: Sendable {
  package var server: UniqueID
  package var knowledge: VersionVector
  /// Of each replica that the server knows, those behind the largest probe that fits.
  package var runs: [TransactionRun]

  package init(server: UniqueID, knowledge: VersionVector, runs: [TransactionRun]) {
    self.server = server
    self.knowledge = knowledge
    self.runs = runs
  }
}

extension History {
  /// Hashes of every chain at its end, and at places before it whose distance doubles.
  /// O(replicas × log transactions).
  package var probes: [(replica: ReplicaID, probes: [TimelineRequest.Probe])] {
    knowledge.entries.map { entry in
      var numbers = [entry.number]
      var kept = entry.number / UInt64(Self.recordsPerKeptHash)
      var step: UInt64 = 1
      while kept > 0 {
        numbers.append(kept * UInt64(Self.recordsPerKeptHash))
        kept -= min(kept, step)
        step *= 2
      }
      let probes = numbers.compactMap { number in
        hash(of: entry.replica, at: number).map {
          TimelineRequest.Probe(number: number, hash: $0)
        }
      }
      return (entry.replica, probes)
    }
  }

  /// What somebody with these probes must see to compare: of each replica the transactions behind the
  /// largest probe that fits, all if none does. O(what is given).
  package func runs(behind probes: [(replica: ReplicaID, probes: [TimelineRequest.Probe])])
    -> [TransactionRun]
  {
    let known = Dictionary(probes.map { ($0.replica, $0.probes) }, uniquingKeysWith: { $1 })
    let shared = knowledge.entries.compactMap { entry -> (ReplicaID, UInt64)? in
      let fitting = known[entry.replica]?.first {
        hash(of: entry.replica, at: $0.number) == $0.hash
      }
      return fitting.map { (entry.replica, $0.number) }
    }
    return runs(since: VersionVector(shared))
  }

  /// The server's history, put together from its answer and from what both agree on.
  /// - Returns: nil if the answer leaves a gap.
  package func other(_ reply: TimelineReply) -> History? {
    var other = History(digest: digest)
    for entry in reply.knowledge.entries {
      let run = reply.runs.first { $0.replica == entry.replica }
      let shared = run.map { $0.first - 1 } ?? entry.number
      for number in stride(from: 1, through: shared, by: 1) {
        guard let record = record(Dot(entry.replica, number)) else { return nil }
        other.append(record, of: entry.replica)
      }
      if let run { _ = other.append(run) }
    }
    return other.knowledge == reply.knowledge ? other : nil
  }
}

extension SyncCodec {
  package func encode(_ request: TimelineRequest) -> [UInt8] {
    var head: JSONObject = [
      "replica": .string(request.replica.description),
      "account": .string(request.account.description),
    ]
    if let server = request.server { head.append("server", .string(server.description)) }
    let probes = request.probes.map { entry in
      let values = entry.probes.map { probe in
        JSONValue.array([
          .number(JSONNumber(probe.number)), .string(HexText.text(probe.hash)),
        ])
      }
      return (entry.replica.description, JSONValue.array(values))
    }
    head.append("probes", .object(JSONObject(probes)))
    return stream(head, [], [])
  }

  package func timelineRequest(_ bytes: [UInt8]) throws(SyncStreamError) -> TimelineRequest {
    let head = try reader(bytes).head
    guard let replica = head["replica"]?.stringValue.flatMap({ UniqueID($0) }),
      let account = head["account"]?.stringValue.flatMap({ UniqueID($0) }),
      let members = head["probes"]?.objectValue?.members
    else { throw SyncStreamError("the head of the request is malformed") }
    var probes: [(replica: ReplicaID, probes: [TimelineRequest.Probe])] = []
    for member in members {
      guard let id = UniqueID(member.key), let values = member.value.arrayValue else {
        throw SyncStreamError("a probe is malformed")
      }
      let list = values.compactMap(Self.probe)
      guard list.count == values.count else { throw SyncStreamError("a probe is malformed") }
      probes.append((id, list))
    }
    return TimelineRequest(
      replica: replica, account: account,
      server: head["server"]?.stringValue.flatMap { UniqueID($0) }, probes: probes)
  }

  private static func probe(_ value: JSONValue) -> TimelineRequest.Probe? {
    guard let pair = value.arrayValue, pair.count == 2, let number = pair[0].intValue, number > 0,
      let hash = pair[1].stringValue.flatMap({ HexText.bytes($0) })
    else { return nil }
    return TimelineRequest.Probe(number: UInt64(number), hash: hash)
  }

  package func encode(_ reply: TimelineReply) -> [UInt8] {
    let head: JSONObject = [
      "server": .string(reply.server.description),
      "knowledge": Self.value(reply.knowledge.entries),
    ]
    return stream(head, [], reply.runs)
  }

  package func timelineReply(_ bytes: [UInt8]) throws(SyncStreamError) -> TimelineReply {
    let reader = try reader(bytes)
    guard let server = reader.head["server"]?.stringValue.flatMap({ UniqueID($0) }),
      let knowledge = Self.entries(reader.head["knowledge"])
    else { throw SyncStreamError("the head of the reply is malformed") }
    return TimelineReply(
      server: server, knowledge: VersionVector().applying(knowledge), runs: reader.runs)
  }
}
