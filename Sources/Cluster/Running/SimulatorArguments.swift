/// What `satchel-sim` is asked to do.
struct SimulatorArguments {
  enum Order {
    case one(UInt64)
    case seeds(ClosedRange<UInt64>)
    case hours(Double)
    case files([String])
    case firstFailure(ClosedRange<UInt64>)
  }

  let order: Order
  private(set) var isTraced = false
  private(set) var isScenario = false
  private(set) var wantsAllFaults = false
  private(set) var isEncrypted = false
  /// Where `--hours` begins.
  private(set) var firstSeed: UInt64 = 0
  private(set) var jobCount: Int

  /// - Parameter jobCount: the number of threads where the words say none.
  /// - Returns: nil if the words mean nothing.
  init?(_ words: [String], jobCount: Int) {
    self.jobCount = jobCount
    var order: Order?
    var files: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--trace": isTraced = true
      case "--scenario": isScenario = true
      case "--coverage": wantsAllFaults = true
      case "--encrypted": isEncrypted = true
      case "--seed":
        guard let seed = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
        order = .one(seed)
      case "--seeds", "--first-failure":
        guard let seeds = rest.popFirst().flatMap(Self.seeds) else { return nil }
        order = word == "--seeds" ? .seeds(seeds) : .firstFailure(seeds)
      case "--hours":
        guard let hours = rest.popFirst().flatMap({ Double($0) }), hours > 0 else { return nil }
        order = .hours(hours)
      case "--from":
        guard let seed = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
        firstSeed = seed
      case "--jobs":
        guard let count = rest.popFirst().flatMap({ Int($0) }), (1...64).contains(count) else {
          return nil
        }
        self.jobCount = count
      case "--play": order = .files([])
      default:
        guard case .files? = order, !word.hasPrefix("--") else { return nil }
        files.append(word)
      }
    }
    if case .files? = order { order = files.isEmpty ? nil : .files(files) }
    guard let order else { return nil }
    self.order = order
  }

  /// The seeds of `A..B`, both included.
  private static func seeds(_ text: String) -> ClosedRange<UInt64>? {
    guard let dots = text.firstRange(of: ".."), let first = UInt64(text[..<dots.lowerBound]),
      let last = UInt64(text[dots.upperBound...]), first <= last, last < .max
    else { return nil }
    return first...last
  }
}
