import Causality
import Platform
import Replica
import Storage

/// What every measure works with.
struct Workbench: Sendable {
  let setup: ReplicaSetup
  let directory: WorkDirectory
  let sizes: Sizes
  /// Since the run began.
  let watch = Stopwatch()

  var fileSystem: any FileSystem { setup.fileSystem }

  /// A new store of a laptop, with no documents.
  func newReplica() throws(ReplicaError) -> Replica {
    try setup.create(
      directory.newPath("store"), account: setup.newID(), isLocalAccount: true, role: .laptop)
  }

  /// The same, encrypted with a key that is nowhere else.
  func newSealedReplica() throws -> (replica: Replica, seal: StoreSeal) {
    let cryptography = try Cryptography.load()
    let key = SealingKey(cryptography, random: SystemRandom())
    guard let seal = StoreSeal(id: setup.newID(), key: key, cryptography) else {
      throw BenchmarkError("no key")
    }
    let replica = try setup.create(
      directory.newPath("store"), account: setup.newID(), isLocalAccount: true, role: .laptop,
      seal: seal)
    return (replica, seal)
  }

  /// Leaves the disk nothing to do that was asked of it before.
  func settleDisk() throws(SystemError) { try fileSystem.synchronizeFileSystem(directory.root) }
}

/// How much is measured.
struct Sizes: Sendable, Equatable {
  /// How often each measure is taken, except those that run once.
  var runs = 5
  /// Documents where a name says `100k`, or nothing.
  var documents = 100_000
  /// Documents where a name says `1m`.
  var manyDocuments = 1_000_000
  /// Single commits in a run.
  var commits = 1000
  var threads = 16
  /// Commits of each of the threads in a run.
  var commitsPerThread = 500
  /// Reads of documents that are in a cache, in a run.
  var cachedReads = 100_000
  /// Pages of a list, in a run.
  var pages = 4
  /// What a run without flags may take.
  var seconds = 480.0

  static let full = Sizes()

  /// For a look within a minute; its figures say little.
  static let quick = Sizes(
    documents: 2000, manyDocuments: 10_000, commits: 100, commitsPerThread: 50,
    cachedReads: 10_000, pages: 2)
}
