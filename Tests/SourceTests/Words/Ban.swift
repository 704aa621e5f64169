/// Words that a pure room does without, and what it does instead.
struct Ban {
  let what: String
  let instead: String
  /// Each a row of tokens. One that begins with a dot is a member of anything; before another no dot may stand, so that
  /// members of our own may have such names.
  private let rows: [[String]]

  /// - Parameter words: separated by spaces; where a word is several tokens, `~` separates them.
  private init(_ what: String, _ words: String, instead: String) {
    (self.what, self.instead) = (what, instead)
    rows = words.split(separator: " ").map { word in
      word.split(separator: "~").map(String.init)
    }
  }

  static let all = [
    Ban(
      "a clock",
      """
      Date~(~) Date~.~now ContinuousClock SuspendingClock .~continuous .~suspending DispatchTime \
      DispatchWallTime clock_gettime clock_gettime_nsec_np gettimeofday time~( clock~( ftime \
      mach_absolute_time ProcessInfo CFAbsoluteTimeGetCurrent localtime_r monotonicMilliseconds \
      SystemClock
      """,
      instead: "take the time as an argument"),
    Ban(
      "a random source",
      """
      SystemRandomNumberGenerator .~random~( .~shuffled~( .~shuffle~( .~randomElement~( UUID~( \
      arc4random arc4random_uniform arc4random_buf getentropy getrandom rand~( random~( drand48 \
      srand~( rand_r~( SystemRandom
      """,
      instead: "take the random numbers as an argument"),
    Ban(
      "Swift's hash, which differs from process to process",
      "Hasher~( .~hashValue hashValue",
      instead: "compare the bytes, or use a digest"),
    Ban(
      "an address, which differs from process to process", "ObjectIdentifier unsafeBitCast",
      instead: "give the object a number or a name"),
    Ban(
      "a task or thread, whose order differs from run to run",
      """
      Task TaskGroup ThrowingTaskGroup DiscardingTaskGroup withTaskGroup withThrowingTaskGroup \
      withDiscardingTaskGroup async await AsyncStream actor DispatchQueue DispatchGroup \
      DispatchSemaphore DispatchSource DispatchWorkItem OperationQueue Thread pthread_create \
      SystemThread
      """,
      instead: "call it in order, or use `inChunks`"),
    Ban(
      "a module that brings clocks, random sources or threads",
      """
      import~Foundation import~FoundationEssentials import~FoundationNetworking import~Dispatch \
      import~Glibc import~Musl import~Darwin import~Synchronization import~_Concurrency \
      import~CSystem
      """,
      instead: "leave it to Platform and the programs"),
  ]

  /// The banned words in a file, each with its place.
  static func findings(in file: SourceFile) -> [(word: String, finding: Finding)] {
    var rows: [String: [(row: [String], ban: Ban)]] = [:]
    for ban in all {
      for row in ban.rows { rows[row[0], default: []].append((row, ban)) }
    }
    return file.tokens.indices.flatMap { place in
      let candidates = rows[file.text(place), default: []]
      let first = candidates.first { stands($0.row, at: place, in: file) }
      return first.map { [finding($0.row, $0.ban, at: place, in: file)] } ?? []
    }
  }

  private static func finding(
    _ row: [String], _ ban: Ban, at place: Int, in file: SourceFile
  ) -> (word: String, finding: Finding) {
    let word = row[0] == "import" ? "import \(row[1])" : row.joined()
    let finding = Finding(
      file: file.path, line: file.tokens[place].line, what: "`\(word)` is \(ban.what)",
      instead: ban.instead)
    return (word, finding)
  }

  private static func stands(_ row: [String], at place: Int, in file: SourceFile) -> Bool {
    guard file.tokens[place].kind != .text else { return false }
    let isThere = row.indices.allSatisfy { file.text(place + $0) == row[$0] }
    if row[0] == "." { return isThere }
    if row[0] == "import" { return isThere || file.text(place + 2) == row[1] }
    let isDeclared = ["func", "var", "let", "case"].contains(file.text(place - 1))
    let isLabel = file.text(place + 1) == ":" && !file.tokens[place].beginsLine
    return isThere && file.text(place - 1) != "." && !isDeclared && !isLabel
  }
}
