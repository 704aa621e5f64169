package import Causality

/// A digest of 32 bytes, given to the pure rooms as an argument.
package typealias Digest = @Sendable ([UInt8]) -> [UInt8]

/// What identifies a transaction beyond its dot: two replicas that gave one number to different
/// transactions differ in the nonce.
package struct TransactionRecord: Hashable, Sendable {
  package let nonce: UInt64
  package let stamp: Stamp

  package init(nonce: UInt64, stamp: Stamp) {
    self.nonce = nonce
    self.stamp = stamp
  }
}

/// Consecutive transactions of one replica.
package struct TransactionRun: Hashable, Sendable {
  package let replica: ReplicaID
  /// The number of the first record.
  package let first: UInt64
  package let records: [TransactionRecord]

  package init(replica: ReplicaID, first: UInt64, records: [TransactionRecord]) {
    self.replica = replica
    self.first = first
    self.records = records
  }

  /// The number of the last record.
  package var last: UInt64 { first + UInt64(records.count) - 1 }
}

extension [TransactionRun] {
  /// The nonce of a transaction; nil if it is not among these. O(runs).
  package func nonce(of dot: Dot) -> UInt64? { record(of: dot)?.nonce }

  /// What is known of a transaction; nil if it is not among these. O(runs).
  package func record(of dot: Dot) -> TransactionRecord? {
    for run in self where run.replica == dot.replica && run.first <= dot.number {
      if dot.number <= run.last { return run.records[Int(dot.number - run.first)] }
    }
    return nil
  }
}

/// The transactions that a replica knows, of every replica, from number 1 without gaps. Its knowledge
/// is how many there are of each.
///
/// Each replica's transactions form a chain: the hash at number n is the digest of the hash at n - 1,
/// the nonce and the stamp of n. Two histories with the same hash at n agree up to n.
package struct History: Sendable {
  /// A hash is kept at every multiple of this number; others are computed from the one before.
  package static let recordsPerKeptHash = 64
  package static let hashByteCount = 32
  static let emptyHash = [UInt8](repeating: 0, count: hashByteCount)

  struct Chain: Sendable {
    var records: [TransactionRecord] = []
    /// The hash at 0, `recordsPerKeptHash`, twice that, …, one behind the other.
    var keptHashes: [UInt8] = History.emptyHash
    var head: [UInt8] = History.emptyHash
  }

  /// All that is kept of one replica's transactions.
  package struct ChainImage: Sendable {
    package let replica: ReplicaID
    package let records: [TransactionRecord]
    /// The hash at 0, `recordsPerKeptHash`, twice that, …, one behind the other.
    package let keptHashes: [UInt8]
    /// The hash at the last transaction.
    package let head: [UInt8]

    package init(
      replica: ReplicaID, records: [TransactionRecord], keptHashes: [UInt8], head: [UInt8]
    ) {
      self.replica = replica
      self.records = records
      self.keptHashes = keptHashes
      self.head = head
    }
  }

  private var chains: [ReplicaID: Chain] = [:]
  package let digest: Digest
  package private(set) var knowledge = VersionVector()
  /// The latest stamp of any known transaction.
  package private(set) var lastStamp = Stamp(rawValue: 0)

  package init(digest: @escaping Digest) { self.digest = digest }

  /// A history as it was kept; its hashes are not computed anew. Nil if a part has a wrong size or a
  /// replica occurs twice. O(transactions).
  package init?(digest: @escaping Digest, chains images: [ChainImage]) {
    self.digest = digest
    for image in images {
      let keptCount = image.records.count / Self.recordsPerKeptHash + 1
      guard !image.records.isEmpty, chains[image.replica] == nil,
        image.keptHashes.count == keptCount * Self.hashByteCount,
        image.head.count == Self.hashByteCount
      else { return nil }
      chains[image.replica] = Chain(
        records: image.records, keptHashes: image.keptHashes, head: image.head)
      knowledge.include(Dot(image.replica, UInt64(image.records.count)))
      for record in image.records { lastStamp = max(lastStamp, record.stamp) }
    }
  }

  /// All that is kept, by replica.
  package var chainImages: [ChainImage] {
    knowledge.entries.compactMap { entry in
      chains[entry.replica].map {
        ChainImage(
          replica: entry.replica, records: $0.records, keptHashes: $0.keptHashes, head: $0.head)
      }
    }
  }

  /// Adds the next transaction of a replica.
  package mutating func append(_ record: TransactionRecord, of replica: ReplicaID) {
    var chain = chains.removeValue(forKey: replica) ?? Chain()
    chain.head = hash(after: chain.head, record)
    chain.records.append(record)
    if chain.records.count % Self.recordsPerKeptHash == 0 { chain.keptHashes += chain.head }
    lastStamp = max(lastStamp, record.stamp)
    knowledge.include(Dot(replica, UInt64(chain.records.count)))
    chains[replica] = chain
  }

  /// Adds those transactions of a run that are not known yet.
  /// - Returns: false, with nothing added, if the run begins beyond the next number.
  package mutating func append(_ run: TransactionRun) -> Bool {
    let known = knowledge[run.replica]
    guard run.first >= 1, run.first <= known + 1 else { return false }
    for record in run.records.dropFirst(Int(known + 1 - run.first)) {
      append(record, of: run.replica)
    }
    return true
  }

  /// Forgets the transactions of a replica behind a number: they are called otherwise from here on.
  /// O(transactions).
  package mutating func cut(_ replica: ReplicaID, to number: UInt64) {
    guard knowledge[replica] > number, let chain = chains.removeValue(forKey: replica) else {
      return
    }
    knowledge = knowledge.limited(replica, to: 0)
    for record in chain.records[..<Int(number)] { append(record, of: replica) }
    lastStamp = chains.values.lazy.flatMap(\.records).map(\.stamp).max() ?? Stamp(rawValue: 0)
  }

  package func record(_ dot: Dot) -> TransactionRecord? {
    guard dot.number > 0, knowledge.covers(dot) else { return nil }
    return chains[dot.replica]?.records[Int(dot.number) - 1]
  }

  /// The transactions beyond a knowledge, by replica.
  package func runs(since: VersionVector) -> [TransactionRun] {
    knowledge.entries.compactMap { entry in
      let first = since[entry.replica] + 1
      guard entry.number >= first, let chain = chains[entry.replica] else { return nil }
      let records = Array(chain.records[Int(first - 1)...])
      return TransactionRun(replica: entry.replica, first: first, records: records)
    }
  }

  /// One hash over the chains of all replicas, each at the number that a knowledge names; nil if the
  /// knowledge names a transaction that is not known. O(replicas × `recordsPerKeptHash`).
  package func hash(at knowledge: VersionVector) -> [UInt8]? {
    hash(at: knowledge, adding: [])
  }

  /// The hash that `hash(at:)` will give once some runs are appended; nil if even then the knowledge
  /// names a transaction that is not known.
  package func hash(at knowledge: VersionVector, adding runs: [TransactionRun]) -> [UInt8]? {
    var bytes: [UInt8] = []
    for entry in knowledge.entries {
      let known = self.knowledge[entry.replica]
      var hash = hash(of: entry.replica, at: min(known, entry.number))
      if entry.number > known {
        guard let run = runs.first(where: { $0.replica == entry.replica }),
          run.first >= 1, run.first <= known + 1, run.last >= entry.number
        else { return nil }
        let new = run.records[Int(known + 1 - run.first)...Int(entry.number - run.first)]
        hash = hash.map { new.reduce($0) { self.hash(after: $0, $1) } }
      }
      guard let hash else { return nil }
      bytes += entry.replica.bytes + entry.number.bigEndianBytes + hash
    }
    return digest(bytes)
  }

  /// The hash of a replica's chain at a number; nil if that transaction is not known.
  package func hash(of replica: ReplicaID, at number: UInt64) -> [UInt8]? {
    guard number > 0 else { return Self.emptyHash }
    guard knowledge[replica] >= number, let chain = chains[replica] else { return nil }
    if number == chain.records.count { return chain.head }
    let kept = Int(number) / Self.recordsPerKeptHash
    let start = kept * Self.hashByteCount
    let keptHash = Array(chain.keptHashes[start..<start + Self.hashByteCount])
    return chain.records[(kept * Self.recordsPerKeptHash)..<Int(number)]
      .reduce(keptHash) { hash(after: $0, $1) }
  }

  private func hash(after previous: [UInt8], _ record: TransactionRecord) -> [UInt8] {
    digest(previous + record.nonce.bigEndianBytes + record.stamp.rawValue.bigEndianBytes)
  }
}

extension UInt64 {
  package var bigEndianBytes: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) }
  }
}
