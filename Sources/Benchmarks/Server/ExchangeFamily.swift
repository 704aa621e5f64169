import Causality
import JSON
import Laptop
import Platform
import Replica
import Server
import Storage
import Synchronization

/// Exchanges at a steady rate, while hundreds of laptops wait for news.
struct ExchangeFamily: MeasureFamily {
  let measures = [
    ServerMeasures.exchange, ServerMeasures.exchangeOfOne, ServerMeasures.exchangeBeside,
  ]

  private static let (laptops, writers, perSecond) = (500, 50, 50)

  func run(_ bench: Workbench) throws -> [Finding] {
    Host.allowOpenFiles()
    return [
      Finding(ServerMeasures.exchange, Samples([try measure(bench, accounts: 50)])),
      Finding(ServerMeasures.exchangeOfOne, Samples([try measure(bench, accounts: 1)])),
      Finding(
        ServerMeasures.exchangeBeside, Samples([try measure(bench, accounts: 50, newcomers: 2)])),
    ]
  }

  private struct Ground {
    /// Of those that wait.
    var tokens: [String] = []
    /// Of those that write.
    var codes: [String] = []
    /// Of those that fetch a large account.
    var newcomerCodes: [String] = []
  }

  /// - Returns: the 99th percentile of the time from when an exchange is due to its end, in milliseconds.
  private func measure(
    _ bench: Workbench, accounts: Int, newcomers: Int = 0
  ) throws -> Double {
    let directory = bench.directory.newPath("server")
    let ground = try prepare(bench, directory, accounts: accounts, newcomers: newcomers)
    let server = try ServerChild(directory)
    defer { server.stop() }
    let writers = try ground.codes.map { code in
      try SyncGround.enrolled(
        try bench.newReplica(), bench.fileSystem, url: server.url, code: code)
    }
    defer { for writer in writers { writer.replica.store.close() } }
    for writer in writers { try writer.sync() }
    let watchers = try Watchers(ground.tokens, port: server.port)
    // Before the first change all of them are told where the feed stands.
    for _ in 0..<2000 where watchers.wakeCount < ground.tokens.count { pause(microseconds: 5000) }
    let (failure, url) = (Failure(), server.url)
    let fetching = try ground.newcomerCodes.map { code in
      let path = bench.directory.newPath("newcomer")
      return try SystemThread {
        do { _ = try FirstSyncProbe.run(path, url: url, code: code) } catch {
          failure.note("\(error)")
        }
      }
    }
    let times = try exchange(writers, seconds: bench.sizes.runs * 2)
    for thread in fetching { thread.join() }
    try failure.rethrow()
    try watchers.stop()
    return times.sorted()[min(times.count - 1, times.count * 99 / 100)]
  }

  private func prepare(
    _ bench: Workbench, _ directory: String, accounts: Int, newcomers: Int
  ) throws -> Ground {
    let data = try ServerData.open(directory, setup: bench.setup)
    defer { data.close() }
    var ground = Ground()
    for number in 0..<accounts {
      let account = try data.createAccount(name: "Clinic \(number)", id: nil)
      let email = "owner\(number)@example.org"
      _ = try data.createUser(
        NewUser(
          account: account,
          fields: ["email": .string(email), "role": "owner", "name": "Owner"], password: nil))
      func code() throws -> String {
        try data.createCode(account: account, email: email, minutes: 60)
      }
      for _ in 0..<(Self.laptops / accounts) {
        let grant = try data.enrol(
          code: try code(), device: bench.setup.newID(), replica: bench.setup.newID(),
          name: "Laptop", account: nil)
        ground.tokens.append(grant.refreshToken)
      }
      for _ in 0..<(Self.writers / accounts) { ground.codes.append(try code()) }
    }
    if newcomers > 0 { ground.newcomerCodes = try fill(data, bench, newcomers) }
    return ground
  }

  /// Makes an account with many documents.
  /// - Returns: codes with which laptops enrol there.
  private func fill(_ data: ServerData, _ bench: Workbench, _ count: Int) throws -> [String] {
    let (account, email) = (
      try data.createAccount(name: "Large", id: nil), "large@example.org"
    )
    _ = try data.createUser(
      NewUser(
        account: account,
        fields: ["email": .string(email), "role": "owner", "name": "Owner"], password: nil))
    var samples = SampleDocuments(seed: 11)
    let documents = samples.next(bench.sizes.documents)
    let replica = try data.replica(of: account)
    try replica.fill(with: samples.ground)
    try replica.fill(with: documents)
    _ = try replica.checkpoint()
    return try (0..<count).map { _ in
      try data.createCode(account: account, email: email, minutes: 60)
    }
  }

  /// Lets one laptop after the other write and sync at a fixed rate, whether the ones before have ended or not.
  private func exchange(_ writers: [Laptop], seconds: Int) throws -> [Double] {
    let times = Mutex<[Double]>([])
    let failure = Failure()
    let start = ContinuousClock.now + .milliseconds(200)
    let threads = try writers.enumerated().map { number, writer in
      try SystemThread {
        do {
          for round in 0..<seconds {
            let due =
              start + .milliseconds(1000 * round + 1000 * number / Self.perSecond)
            pause(until: due)
            try write(writer, round)
            try writer.sync()
            let elapsed = (ContinuousClock.now - due) / .milliseconds(1)
            times.withLock { $0.append(elapsed) }
          }
        } catch {
          failure.note("\(error)")
        }
      }
    }
    for thread in threads { thread.join() }
    try failure.rethrow()
    return times.withLock { $0 }
  }
}

private func pause(until due: ContinuousClock.Instant) {
  let microseconds = (due - .now) / .microseconds(1)
  if microseconds > 0 { pause(microseconds: UInt32(min(microseconds, 4e9))) }
}

private func write(_ laptop: Laptop, _ round: Int) throws {
  _ = try laptop.replica.transact { (transaction) throws(ReplicaError) in
    try laptop.replica.create(
      ["first_name": "Ada", "last_name": .string("Okafor \(round)")], type: "patient",
      in: &transaction)
  }
}

/// What went wrong on another thread.
private final class Failure: Sendable {
  private let text = Mutex<String?>(nil)

  func note(_ what: String) { text.withLock { $0 = what } }

  func rethrow() throws {
    if let text = text.withLock({ $0 }) { throw BenchmarkError(text) }
  }
}
