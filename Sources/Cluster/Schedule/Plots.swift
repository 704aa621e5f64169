/// Short stories that random steps seldom tell: what must happen one after the other, to the same document,
/// before a rule is put to the test. Around them and in between, anything happens.
struct Plots {
  let laptopCount: Int
  let isJudged: Bool

  private enum Plot {
    case trash, gone, cascade, laterDelete, clone, clonePages, serverGoesBack, laptopGoesBack,
      mishaps, manyPages,
      erasure, rights
  }

  /// Each as often as it stands here.
  private static let plots: [Plot] = [
    .trash, .trash, .gone, .cascade, .laterDelete, .clone, .clone, .clonePages, .serverGoesBack,
    .serverGoesBack,
    .laptopGoesBack,
    .mishaps, .mishaps, .manyPages, .erasure,
  ]

  /// The steps of one of them.
  func draw(_ dice: inout Dice) -> [Step] {
    var telling = Telling(dice, laptopCount: laptopCount)
    let plots = isJudged ? Self.plots + [.rights, .rights, .rights] : Self.plots
    tell(telling.dice.pick(plots), &telling)
    dice = telling.dice
    return telling.steps
  }

  private func tell(_ plot: Plot, _ telling: inout Telling) {
    switch plot {
    case .trash: trash(&telling)
    case .gone: gone(&telling)
    case .cascade: cascade(&telling)
    case .laterDelete: laterDelete(&telling)
    case .clone: clone(&telling)
    case .clonePages: clonePages(&telling)
    case .serverGoesBack: serverGoesBack(&telling)
    case .laptopGoesBack: laptopGoesBack(&telling)
    case .mishaps: mishaps(&telling)
    case .manyPages: manyPages(&telling)
    case .erasure: erasure(&telling)
    case .rights: rights(&telling)
    }
  }

  /// A document leaves the trash, and somebody comes from before that: with several values beside each other.
  private func trash(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    plot.conflict(a, b)
    if plot.dice.once(in: 2) { plot.do(.editAgain, at: b) }
    let (keep, goBack) = plot.dice.pick(
      [(.copy, .goBack), (.backUp, .restoreBackup), (.wait, .wait)] as [(Action, Action)])
    plot.do(keep, at: b)
    if plot.dice.once(in: 2) { plot.syncAll() }
    if plot.dice.once(in: 3) { plot.do(.editAgain, at: plot.dice.pick([a, b])) }
    plot.do(.deleteAgain, at: a)
    if !plot.dice.once(in: 3) { plot.syncAll() }
    for _ in 0..<plot.dice.below(4) { plot.do(.waitLong, at: a) }
    if !plot.dice.once(in: 3) { plot.syncAll() }
    plot.mix([.emptyTrash], at: [0, a], 2)
    plot.do(goBack, at: b)
    plot.mix([.editAgain, .restoreAgain, .deleteAgain, .wait, .wait], at: [a, b], 1)
    plot.do(.sync, at: b)
    plot.syncAll()
  }

  /// A document has left the trash of all, or of all but one, and somebody who never heard of it writes it anew.
  private func gone(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    plot.syncAll()
    plot.do(.backUp, at: b)
    let again = plot.do(plot.dice.pick([.editPatient, .editStranger, .editStranger]), at: a)
    plot.do(.editAgain, at: a)
    plot.syncAll()
    plot.do(.deleteAlone, at: a)
    for _ in 0..<3 { plot.do(.waitLong, at: a) }
    plot.syncAll()
    plot.syncAll()
    let keeper = plot.laptop()
    for machine in 0...laptopCount where machine != keeper || plot.dice.once(in: 2) {
      plot.do(.emptyTrash, at: machine)
    }
    plot.do(.restoreBackup, at: b)
    plot.do(again, at: b)
    plot.do(.sync, at: b)
    plot.syncAll()
    plot.syncAll()
  }

  /// A patient is deleted a second time, later, by somebody who deletes nothing with it: what went with the first
  /// delete is older in the trash than the patient.
  private func laterDelete(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    plot.mix([.invite], at: [a], 3)
    plot.syncAll()
    plot.do(.deleteInvited, at: a)
    for _ in 0..<2 { plot.do(.waitLong, at: a) }
    plot.do(.deleteAlone, at: b)
    plot.syncAll()
    plot.syncAll()
    plot.mix([.emptyTrash], at: [0, a], 2)
    plot.mix([.restoreAgain, .restoreAgain, .sync], at: [a, b], 1)
    plot.syncAll()
  }

  /// What was deleted with a patient is older in the trash than the patient, whom somebody else deleted later.
  private func cascade(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    plot.do(.editPatient, at: a)
    plot.mix([.book, .invite], at: [a], 5)
    plot.do(.editPatient, at: a)
    plot.syncAll()
    plot.do(.deleteAgain, at: a)
    plot.mix([.waitLong, .waitLong, .wait], at: [a], 2)
    plot.mix([.deleteAgain, .deleteAgain, .deleteAgain, .editAgain], at: [b], 1)
    plot.syncAll()
    if plot.dice.once(in: 2) { plot.do(.waitLong, at: a) }
    plot.syncAll()
    plot.mix([.emptyTrash], at: [0, 0, a], 3)
    plot.mix([.restoreAgain, .restoreAgain, .editAgain, .sync], at: [a, b], 2)
    plot.syncAll()
  }

  /// Two machines that are the same write, and each is given another's names.
  private func clone(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    let copy = laptopCount + 1
    plot.conflict(a, b)
    if plot.dice.once(in: 2) { plot.do(.copy, at: a) }
    plot.mix([.editAgain, .editPatient, .sync], at: [a], 2)
    plot.do(.clone, at: a)
    plot.mix([.editAgain, .deleteAgain, .restoreAgain, .editAgain, .sync], at: [a, copy, b], 8)
    for laptop in [a, copy, b, a, copy] { plot.do(.sync, at: laptop) }
  }

  /// A laptop that has fetched a part of a pull learns that its transactions have other names.
  private func clonePages(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    let copy = laptopCount + 1
    plot.conflict(a, b)
    plot.do(.clone, at: a)
    plot.mix([.editAgain, .editPatient, .writeTogether], at: [a, copy], 3)
    plot.mix([.writeTogether, .writeTogether, .importFile], at: [b], 3)
    plot.do(.sync, at: b)
    let isFirst = plot.dice.once(in: 2)
    if isFirst { plot.do(.sync, at: copy) }
    plot.mix([.syncBadly, .syncBadly, .editAgain], at: [a], 3)
    if !isFirst { plot.do(.sync, at: copy) }
    plot.mix([.syncBadly, .syncBadly, .reopen], at: [a], 3)
    plot.do(.sync, at: a)
    plot.do(.sync, at: copy)
  }

  /// A server that writes itself is put back, and goes on writing before and after it is given what it lost.
  private func serverGoesBack(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    plot.conflict(a, b)
    let isBackup = plot.dice.once(in: 2)
    plot.do(isBackup ? .backUp : .copy, at: 0)
    if plot.dice.once(in: 3) { plot.do(.copy, at: a) }
    let writes: [Action] = [.editAgain, .deleteAgain, .editPatient, .importFile, .writeTogether]
    plot.mix(writes, at: [0, 0, a, b], 3)
    plot.do(.sync, at: a)
    plot.mix(writes + [.sync], at: [0, a, b], 3)
    plot.do(.sync, at: b)
    plot.do(isBackup ? .restoreBackup : .goBack, at: 0)
    if plot.dice.once(in: 4) { plot.do(.goBack, at: a) }
    plot.mix(writes, at: [0, a, b], 2)
    plot.do(.openRecovery, at: 0)
    plot.do(.sync, at: a)
    plot.mix(writes, at: [0, a], 2)
    plot.do(.sync, at: b)
    plot.do(.closeRecovery, at: 0)
    plot.syncAll()
  }

  private func laptopGoesBack(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    plot.conflict(a, b)
    let isBackup = plot.dice.once(in: 2)
    plot.do(isBackup ? .backUp : .copy, at: a)
    let work: [Action] = [.editAgain, .deleteAgain, .restoreAgain, .editPatient, .sync]
    plot.mix(work, at: [a, a, b], 4)
    plot.do(.sync, at: a)
    plot.do(isBackup ? .restoreBackup : .goBack, at: a)
    plot.mix(work, at: [a, a, b], 4)
    plot.do(.sync, at: a)
    plot.do(.sync, at: b)
  }

  private func mishaps(_ plot: inout Telling) {
    let a = plot.dice.once(in: 3) ? 0 : plot.laptop()
    let mishaps: [Action] = [
      .cutPowerAtWork, .cutPowerAtWork, .failSyncAtWork, .checkpoint, .reopen, .cutPower,
    ]
    plot.mix(mishaps, at: [a], 8)
  }

  /// Two laptops send more than one page each, and neither gets to the end at once.
  private func manyPages(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    plot.mix([.writeTogether, .importFile, .editPatient, .book, .invite], at: [a, b], 8)
    plot.mix([.syncBadly, .syncBadly, .deliverLate, .reopen, .editPatient], at: [a, b], 8)
    plot.do(.sync, at: a)
    plot.do(.sync, at: b)
  }

  /// A document is erased while others write to it, and while it is under way and kept aside.
  private func erasure(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    plot.conflict(a, b)
    plot.mix(
      [.editAgain, .editAgain, .syncBadly, .changeRights, .checkpoint, .sync], at: [a, b, 0], 4)
    plot.do(.editAgain, at: a)
    plot.do(.syncBadly, at: a)
    plot.do(.eraseAgain, at: 0)
    plot.mix([.sync, .syncBadly, .checkpoint, .checkpoint, .editAgain], at: [a, b, 0], 5)
  }

  private func rights(_ plot: inout Telling) {
    let (a, b) = (plot.laptop(), plot.laptop())
    plot.conflict(a, b)
    plot.do(.changeRights, at: 0)
    let work: [Action] = [.editAgain, .deleteAgain, .restoreAgain, .writeTogether, .sync]
    plot.mix(work, at: [a, b], 4)
    plot.do(.sync, at: a)
    plot.do(.changeRights, at: 0)
    plot.mix(work, at: [a, b], 4)
    plot.do(.sync, at: b)
  }
}

/// Steps as they are written down.
struct Telling {
  var dice: Dice
  private let laptopCount: Int
  private(set) var steps: [Step] = []

  init(_ dice: Dice, laptopCount: Int) { (self.dice, self.laptopCount) = (dice, laptopCount) }

  mutating func laptop() -> Int { 1 + dice.below(laptopCount) }

  @discardableResult
  mutating func `do`(_ action: Action, at node: Int) -> Step {
    let step = Step(action: action, node: node, seed: dice.next())
    steps.append(step)
    return step
  }

  /// The same as another step, at another machine.
  mutating func `do`(_ step: Step, at node: Int) {
    steps.append(Step(action: step.action, node: node, seed: step.seed))
  }

  mutating func syncAll() { for laptop in 1...laptopCount { `do`(.sync, at: laptop) } }

  /// So many steps, each of any of these kinds, at any of these machines.
  mutating func mix(_ actions: [Action], at nodes: [Int], _ count: Int) {
    for _ in 0..<count { `do`(dice.pick(actions), at: dice.pick(nodes)) }
  }

  /// Two laptops write the same field of the same document, and both know of it.
  mutating func conflict(_ a: Int, _ b: Int) {
    let action = dice.pick([.editPatient, .editPatient, .editStranger, .invite] as [Action])
    let seed = dice.next()
    for laptop in [a, b] { `do`(.sync, at: laptop) }
    for laptop in [a, b] { steps.append(Step(action: action, node: laptop, seed: seed)) }
    for laptop in [a, b, a] { `do`(.sync, at: laptop) }
  }
}
