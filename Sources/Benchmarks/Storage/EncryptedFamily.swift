import Documents
import Laptop
import Platform
import Replica
import Storage

/// What encryption costs: the same work on an encrypted store and, by turns, on a plain one.
struct EncryptedFamily: MeasureFamily {
  let measures = EncryptedMeasures.all

  private static let types = ["patient", "appointment"]

  func run(_ bench: Workbench) throws -> [Finding] {
    var samples = SampleDocuments(seed: 21)
    let documents = samples.next(bench.sizes.documents)
    let ground = samples.ground
    return [
      try commits(bench), try bulk(documents, ground, bench), try opening(documents, ground, bench),
      try firstSyncs(documents, ground, bench),
    ]
  }

  /// Times of plain and of encrypted work.
  private struct Pairs {
    var plain: [Double] = []
    var sealed: [Double] = []

    mutating func add(_ times: (plain: Double, sealed: Double)) {
      plain.append(times.plain)
      sealed.append(times.sealed)
    }

    func finding(_ measure: Measure) -> Finding {
      Finding(measure, Samples(sealed, references: plain))
    }
  }

  private func commits(_ bench: Workbench) throws -> Finding {
    let (plain, sealed) = (try bench.newReplica(), try bench.newSealedReplica().replica)
    defer {
      plain.store.close()
      sealed.store.close()
    }
    var writers = (try CommitWriter(plain, bench), try CommitWriter(sealed, bench))
    var pairs = Pairs()
    for _ in 0..<bench.sizes.runs {
      let commits = (writers.0.next(bench.sizes.commits), writers.1.next(bench.sizes.commits))
      _ = try plain.checkpoint()
      _ = try sealed.checkpoint()
      let times = try interleaved(bench.sizes.commits) { index in
        try plain.store.commit(commits.0[index].batch)
      } _: { index in
        try sealed.store.commit(commits.1[index].batch)
      }
      pairs.add((median(times.first), median(times.second)))
    }
    return pairs.finding(EncryptedMeasures.commit)
  }

  private func bulk(
    _ documents: [SampleDocument], _ ground: [SampleDocument], _ bench: Workbench
  ) throws -> Finding {
    let texts = Self.types.map { type in
      (
        type: type,
        text: Array(documents.filter { $0.key.type == type }.map(\.line).joined(separator: [10]))
      )
    }
    func create(_ replica: Replica) throws -> Double {
      defer { replica.store.close() }
      try replica.fill(with: ground)
      let commands = try texts.map {
        (command: try CreateCommand(type: $0.type, replica: replica, bench), text: $0.text)
      }
      try bench.settleDisk()
      return try seconds { for (command, text) in commands { try command.run(text) } }
    }
    var pairs = Pairs()
    for _ in 0..<bench.sizes.runs {
      pairs.add((try create(bench.newReplica()), try create(bench.newSealedReplica().replica)))
    }
    return pairs.finding(EncryptedMeasures.bulk)
  }

  /// With the key there already: making it from a passphrase is slow on purpose.
  private func opening(
    _ documents: [SampleDocument], _ ground: [SampleDocument], _ bench: Workbench
  ) throws -> Finding {
    let plain = try bench.newReplica()
    let (sealed, seal) = try bench.newSealedReplica()
    for replica in [plain, sealed] {
      try replica.fill(with: ground)
      try replica.fill(with: documents)
      _ = try replica.checkpoint()
      replica.store.close()
    }
    let paths = (plain.store.layout.root, sealed.store.layout.root)
    func open(_ path: String, _ seal: any Seal) throws -> Double {
      let key = documents[0].key
      var replica: Replica?
      let time = try seconds {
        let opened = try bench.setup.open(path, role: .laptop, seal: seal)
        replica = opened
        guard try opened.sample(key) else { throw BenchmarkError("there is no \(key)") }
      }
      replica?.store.close()
      return time * 1000
    }
    _ = (try open(paths.0, NoSeal()), try open(paths.1, seal))
    var pairs = Pairs()
    for _ in 0..<max(bench.sizes.runs, 9) {
      pairs.add((try open(paths.0, NoSeal()), try open(paths.1, seal)))
    }
    return pairs.finding(EncryptedMeasures.open)
  }

  private func firstSyncs(
    _ documents: [SampleDocument], _ samples: [SampleDocument], _ bench: Workbench
  ) throws -> Finding {
    let ground = try SyncGround(bench)
    defer { ground.close() }
    let writer = try ground.newLaptop { replica in
      try replica.fill(with: samples)
      try replica.fill(with: documents)
    }
    try writer.sync()
    func sync(_ laptop: Laptop) throws -> Double {
      try ground.rest()
      return try seconds { try laptop.sync() }
    }
    var pairs = Pairs()
    for _ in 0..<bench.sizes.runs {
      let laptops = (
        try ground.newLaptop(), try ground.newLaptop(on: bench.newSealedReplica().replica)
      )
      pairs.add((try sync(laptops.0), try sync(laptops.1)))
    }
    return pairs.finding(EncryptedMeasures.firstSync)
  }
}

/// What is promised of an encrypted store beside a plain one.
enum EncryptedMeasures {
  /// A commit of one document by one thread.
  static let commit = Measure("encrypted_commit_p50", "us", .lower, .ratio, 1.1)
  /// Documents from JSON lines, as `satchel create` stores them.
  static let bulk = Measure("encrypted_bulk", "s", .lower, .ratio, 1.5)
  /// Until a document has been read.
  static let open = Measure("encrypted_open", "ms", .lower, .ratio, 1.2)
  static let firstSync = Measure("encrypted_first_sync", "s", .lower, .ratio, 1.4)

  static let all = [commit, bulk, open, firstSync]
}
