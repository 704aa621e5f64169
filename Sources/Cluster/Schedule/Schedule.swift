/// What a seed makes happen: how many machines there are, how bad the world is, and the steps.
package struct Schedule: Sendable {
  package static let laptopCounts = 2...6

  package let seed: UInt64
  package let laptopCount: Int
  package let network: NetworkMix
  /// Whether the server refuses what the laptops' user may not write.
  let isJudged: Bool
  /// Whether people write by programs that check what they write by the catalogue, or by some that do not.
  let isChecked: Bool
  /// The size of the pages in which changes travel, in bytes.
  let pageByteCount: Int
  /// Machines that begin with a program of before; 0 is the server.
  let oldMachines: Set<Int>
  package var steps: [Step]

  /// Each seed draws its own mix of what people do and what goes wrong.
  package init(seed: UInt64) {
    var dice = Dice(seed: seed)
    self.seed = seed
    // Few machines do most of what many do, and are played sooner.
    laptopCount = dice.pick([2, 2, 3, 3, 4, 5, 6])
    network = NetworkMix(&dice)
    isJudged = dice.once(in: 3)
    pageByteCount = dice.pick([1 << 20, 1 << 20, 2000, 500])
    let weights = Self.weights(&dice, isJudged: isJudged)
    let count = 60 + dice.below(8)
    let laptops = laptopCount
    isChecked = seed / 2 % 2 == 1
    let areOld = seed % 4 == 1
    oldMachines = areOld ? Set((0...laptops).filter { (seed / 4 + UInt64($0)) % 2 == 0 }) : []
    let plots = Plots(laptopCount: laptops, isJudged: isJudged)
    let plotted = dice.once(in: 3) ? 0 : dice.pick([4, 10, 20])
    // Some stories come to their end only where nothing else has happened yet.
    var steps = dice.once(in: 2) ? plots.draw(&dice) : []
    var planned: ArraySlice<Step> = []
    while steps.count < count || !planned.isEmpty {
      if planned.isEmpty, steps.count > 5, dice.below(100) < plotted {
        planned = plots.draw(&dice)[...]
      }
      if !planned.isEmpty, !dice.once(in: 8) {
        steps.append(planned.removeFirst())
        continue
      }
      let action = dice.pick(weights)
      steps.append(Step(action: action, node: action.node(&dice, laptops), seed: dice.next()))
    }
    self.steps = steps
  }

  init(
    seed: UInt64, laptopCount: Int, network: NetworkMix, isJudged: Bool, isChecked: Bool,
    pageByteCount: Int, oldMachines: Set<Int>, steps: [Step]
  ) {
    (self.seed, self.laptopCount, self.network) = (seed, laptopCount, network)
    (self.isJudged, self.pageByteCount, self.steps) = (isJudged, pageByteCount, steps)
    (self.isChecked, self.oldMachines) = (isChecked, oldMachines)
  }

  /// Some schedules do more of what belongs together and is seldom otherwise.
  private static let themes: [Set<Action>] = [
    [.delete, .restore, .emptyTrash, .waitLong],
    [.erase, .importFile, .delete, .checkpoint],
    [.copy, .goBack, .clone, .openRecovery, .closeRecovery, .importFile],
    [.checkpoint, .reopen, .cutPower, .cutPowerSoon, .failSync],
    [.backUp, .restoreBackup, .undo, .emptyServer, .newLaptop, .revoke],
    [.checkpoint, .reopen, .flipBit, .failRead, .fillDisk],
  ]
  private static let judgedTheme: Set<Action> = [
    .changeRights, .writeTogether, .editPatient, .delete, .resolve,
  ]

  private static func theme(_ dice: inout Dice, isJudged: Bool) -> Set<Action> {
    if dice.once(in: 4) { return [] }
    return isJudged && dice.once(in: 2) ? judgedTheme : dice.pick(themes)
  }

  private static func weights(
    _ dice: inout Dice, isJudged: Bool
  ) -> [(value: Action, weight: Int)] {
    let theme = theme(&dice, isJudged: isJudged)
    let isCalm = dice.once(in: 4)
    return Action.allCases.map { action in
      let isLeftOut = action.kind != .syncing && dice.once(in: action.kind == .work ? 5 : 2)
      let factor = action.kind.factor
      let drawn = dice.below(factor) + 1
      if theme.contains(action) { return (action, 5 + drawn) }
      let weight = isLeftOut || isCalm && action.kind == .mishap ? 0 : drawn
      return (action, weight)
    }
  }
}

/// How often each thing befalls a message, in a thousand.
package struct NetworkMix: Sendable {
  let rates: [(fault: MessageFault, rate: Int)]

  init(rates: [(fault: MessageFault, rate: Int)]) { self.rates = rates }

  init(_ dice: inout Dice) {
    let worst = dice.pick([30, 100, 250])
    var rates: [(fault: MessageFault, rate: Int)] = []
    for fault in MessageFault.allCases {
      rates.append((fault, dice.once(in: 2) ? 0 : dice.below(worst)))
    }
    self.rates = rates
  }

  /// What befalls the next message; nil if nothing does.
  func draw(_ dice: inout Dice) -> MessageFault? {
    var place = dice.below(1000)
    for (fault, rate) in rates {
      if place < rate { return fault }
      place -= rate
    }
    return nil
  }
}

/// What befalls a request or its answer.
package enum MessageFault: String, CaseIterable, Sendable {
  case requestLost = "request lost"
  case answerLost = "answer lost"
  case duplicated = "request arrives twice"
  case late = "request arrives later"
  case requestCut = "request cut off"
  case answerCut = "answer cut off"
  case requestFlipped = "bit of the request flipped"
  case answerFlipped = "bit of the answer flipped"
  case foreignPage = "a page of the network answers"
  case tooLarge = "a proxy takes no large request"
}

extension Action {
  enum Kind {
    case work, syncing, mishap, seldom, rare

    /// How much more often than others.
    var factor: Int {
      switch self {
      case .work: 6
      case .syncing: 16
      case .mishap: 3
      case .seldom: 2
      case .rare: 1
      }
    }
  }

  var kind: Kind {
    switch self {
    case .editPatient, .book, .setStatus, .invite, .editStranger, .writeTogether, .delete,
      .restore, .merge, .resolve, .importFile, .editAgain, .deleteAgain, .restoreAgain,
      .deleteInvited, .deleteAlone:
      .work
    case .sync, .syncBadly: .syncing
    case .erase, .eraseAgain, .copy, .goBack, .clone, .openRecovery, .closeRecovery, .retire,
      .changeRights, .waitLong, .backUp, .restoreBackup, .upgrade, .flipBit:
      .seldom
    case .undo, .emptyServer, .newLaptop, .revoke: .rare
    default: .mishap
    }
  }

  /// Whether it means nothing at the server.
  var concernsLaptop: Bool {
    switch self {
    case .sync, .syncBadly, .partition, .heal, .clone, .retire, .revoke, .upgrade: true
    default: false
    }
  }

  /// Which machine it befalls; the server seldom writes by itself.
  fileprivate func node(_ dice: inout Dice, _ laptops: Int) -> Int {
    let onServer = kind == .work ? 12 : 4
    return dice.once(in: onServer) ? 0 : 1 + dice.below(laptops)
  }
}
