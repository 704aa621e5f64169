/// Makes a failing schedule short: leaves out steps as long as the same check still fails.
package struct Minimiser {
  private let runner: Runner
  private let check: String

  package init(_ runner: Runner, check: String) { (self.runner, self.check) = (runner, check) }

  /// Leaves out half of the steps, then quarters, down to single ones, until no single one can be left out.
  package func minimised(_ schedule: Schedule) -> Schedule {
    var schedule = schedule
    var size = max(1, schedule.steps.count / 2)
    while true {
      let isShorter = leaveOut(size, of: &schedule)
      if size == 1, !isShorter { return schedule }
      if size > 1 { size /= 2 }
    }
  }

  private func leaveOut(_ size: Int, of schedule: inout Schedule) -> Bool {
    var isShorter = false
    var start = 0
    while start < schedule.steps.count {
      var shorter = schedule
      shorter.steps.removeSubrange(start..<min(start + size, schedule.steps.count))
      if runner.run(shorter).check == check {
        schedule = shorter
        isShorter = true
      } else {
        start += size
      }
    }
    return isShorter
  }
}
