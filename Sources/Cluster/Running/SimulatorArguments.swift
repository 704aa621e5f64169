/// What `satchel-sim` is asked to do.
struct SimulatorArguments {
  enum Order {
    case one(UInt64)
    case seeds(UInt64, UInt64)
    case hours(Double, from: UInt64)
    case files([String])
    case firstFailure(UInt64, UInt64)
  }

  let order: Order
  private(set) var isTraced = false
  private(set) var isScenario = false
  private(set) var showsCoverage = false
  private(set) var jobCount = 1

  /// - Returns: nil if the words mean nothing.
  init?(_ words: [String]) {
    var order: Order?
    var (first, files): (UInt64, [String]) = (0, [])
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--trace": isTraced = true
      case "--scenario": isScenario = true
      case "--coverage": showsCoverage = true
      case "--seed":
        guard let seed = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
        order = .one(seed)
      case "--seeds", "--first-failure":
        guard let first = rest.popFirst().flatMap({ UInt64($0) }),
          let count = rest.popFirst().flatMap({ UInt64($0) })
        else { return nil }
        order = word == "--seeds" ? .seeds(first, count) : .firstFailure(first, count)
      case "--hours":
        guard let hours = rest.popFirst().flatMap({ Double($0) }), hours > 0 else { return nil }
        order = .hours(hours, from: 0)
      case "--from":
        guard let seed = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
        first = seed
      case "--jobs":
        guard let count = rest.popFirst().flatMap({ Int($0) }), (1...64).contains(count) else {
          return nil
        }
        jobCount = count
      case "--play": order = .files([])
      default:
        guard case .files? = order, !word.hasPrefix("--") else { return nil }
        files.append(word)
      }
    }
    if case .hours(let hours, _)? = order { order = .hours(hours, from: first) }
    if case .files? = order { order = files.isEmpty ? nil : .files(files) }
    guard let order else { return nil }
    self.order = order
  }
}
