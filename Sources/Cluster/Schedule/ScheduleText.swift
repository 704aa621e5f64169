/// A schedule as a file: what failed once is played again, whatever later programs draw from its seed.
extension Schedule {
  /// Lines of words: `seed`, `laptops`, `judged`, `checked`, `page`, one `old MACHINE` each, one `network RATE FAULT`
  /// each, and one `step MACHINE SEED ACTION` each. Lines that begin with `#` say why the file is there.
  package var text: String {
    var lines = [
      "seed \(seed)", "laptops \(laptopCount)", "judged \(isJudged)", "checked \(isChecked)",
      "page \(pageByteCount)",
    ]
    lines += oldMachines.sorted().map { "old \($0)" }
    for (fault, rate) in network.rates where rate > 0 {
      lines.append("network \(rate) \(fault.rawValue)")
    }
    lines += steps.map { "step \($0.node) \($0.seed) \($0.action.rawValue)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// - Throws: `ScheduleDefect` with the line that means nothing.
  package init(text: String) throws(ScheduleDefect) {
    var reading = ScheduleReading()
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard reading.take(line) else {
        throw ScheduleDefect(line: number + 1, text: String(line))
      }
    }
    self.init(
      seed: reading.seed, laptopCount: reading.laptopCount,
      network: NetworkMix(rates: reading.rates), isJudged: reading.isJudged,
      isChecked: reading.isChecked, pageByteCount: reading.pageByteCount, oldMachines: reading.old,
      steps: reading.steps)
  }
}

/// A line of a schedule's file that cannot be played.
package struct ScheduleDefect: Error, CustomStringConvertible {
  package let line: Int
  package let text: String

  package var description: String { "line \(line) means nothing: \(text)" }
}

private struct ScheduleReading {
  var seed: UInt64 = 0
  var laptopCount = Schedule.laptopCounts.lowerBound
  var isJudged = false
  var isChecked = false
  var pageByteCount = 1 << 20
  var rates: [(fault: MessageFault, rate: Int)] = []
  var old: Set<Int> = []
  var steps: [Step] = []

  /// - Returns: whether the line means something.
  mutating func take(_ line: Substring) -> Bool {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2 else { return false }
    switch words[0] {
    case "seed": return set(&seed, UInt64(words[1]))
    case "laptops":
      guard let count = Int(words[1]), Schedule.laptopCounts.contains(count) else { return false }
      laptopCount = count
      return true
    case "judged": return set(&isJudged, Bool(words[1]))
    case "checked": return set(&isChecked, Bool(words[1]))
    case "page":
      guard let count = Int(words[1]), count > 0 else { return false }
      pageByteCount = count
      return true
    case "old":
      guard let machine = Int(words[1]) else { return false }
      old.insert(machine)
      return true
    case "network": return takeRate(words[1])
    case "step": return takeStep(words[1])
    default: return false
    }
  }

  private func set<Value>(_ place: inout Value, _ value: Value?) -> Bool {
    if let value { place = value }
    return value != nil
  }

  private mutating func takeRate(_ text: String) -> Bool {
    let words = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2, let rate = Int(words[0]), (0...1000).contains(rate),
      let fault = MessageFault(rawValue: words[1])
    else { return false }
    rates.append((fault, rate))
    return true
  }

  private mutating func takeStep(_ text: String) -> Bool {
    let words = text.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.count == 3, let node = Int(words[0]), node >= 0, let seed = UInt64(words[1]),
      let action = Action(rawValue: words[2])
    else { return false }
    steps.append(Step(action: action, node: node, seed: seed))
    return true
  }
}
