/// A place where a banned word may stand.
struct Allowed {
  /// A file, or a room with all its files.
  let path: String
  let words: Set<String>
  /// Why what comes out is the same nevertheless.
  let reason: String

  private init(_ path: String, _ words: Set<String>, _ reason: String) {
    (self.path, self.words, self.reason) = ("Sources/\(path)", words, reason)
  }

  static let all = [
    Allowed(
      "Documents/InChunks.swift",
      ["import Dispatch", "import Synchronization", "DispatchQueue"],
      "the results are put together by the number of the chunk, whichever was done first"),
    Allowed(
      "SyncProtocol/ParsedLines.swift", ["import Synchronization"],
      "lines are parsed once, when first asked for; what they say does not depend on who asks"),
    Allowed(
      "Replica", ["import Synchronization"],
      "locks: callers on several threads are put in an order, and the result is that of the order"),
    Allowed(
      "Storage", ["import Synchronization"],
      "locks: callers on several threads are put in an order, and the result is that of the order"),
    Allowed(
      "Cluster", ["import Synchronization"],
      "locks around what `Sendable` values share; a world is played by one thread"),
    Allowed(
      "Cluster/Running/Campaign.swift", ["SystemThread"],
      "each schedule is a world of its own; what came of them is added up, whichever was played first"
    ),
    Allowed(
      "Replica/LaptopSync.swift", ["monotonicMilliseconds"],
      "how long a sync took is reported only; an access token that is old is left out, and the refresh token does"
    ),
    Allowed(
      "Replica/ReplicaSetup.swift", ["SystemClock", "SystemRandom"],
      "here the programs' clock and random source are passed in; the simulator passes its own"),
    Allowed(
      "Replica/Review/ReviewList.swift", ["import Dispatch", "DispatchGroup"],
      "readers wait for writes whose documents are on their way into the list"),
    Allowed(
      "Replica/Upkeep.swift",
      [
        "import Dispatch", "DispatchSemaphore", "SystemThread", "monotonicMilliseconds",
        "ObjectIdentifier",
      ],
      "when checkpoints and scrubs happen; what documents say does not depend on it, and the simulator has none"
    ),
    Allowed(
      "Storage/CommitQueue.swift", ["import Dispatch", "DispatchSemaphore"],
      "writers wait until theirs is durable; the queue keeps the order in which they came"),
    Allowed(
      "Storage/SegmentKeeper.swift", ["SystemThread"],
      "makes the next file of the log ready, which holds nothing yet"),
  ]

  func allows(_ word: String, in path: String) -> Bool {
    words.contains(word) && (path == self.path || path.hasPrefix(self.path + "/"))
  }
}
