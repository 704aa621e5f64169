/// A creation, rename or removal that no sync has made durable. It is kept or lost as a whole.
struct NameChange: Hashable, Sendable {
  struct Slot: Hashable, Sendable {
    let directory: InodeNumber
    let name: Name
  }

  struct Step: Hashable, Sendable {
    let slot: Slot
    /// What has the name from now on.
    let inode: InodeNumber?
  }

  /// One for a creation or removal; two for a rename.
  let steps: [Step]
  /// Whether all changes before it are kept if it is.
  let keepsAllBefore: Bool

  var slots: [Slot] { steps.map(\.slot) }
}

extension [NameChange] {
  /// Splits off what the sync of a directory makes durable: every change in it, and whatever those
  /// build on.
  mutating func split(for directory: InodeNumber) -> [NameChange] {
    var needed: Set<NameChange.Slot> = []
    var needsAll = false
    var isTaken = [Bool](repeating: false, count: count)
    for index in indices.reversed() {
      let change = self[index]
      let concerns = change.slots.contains { $0.directory == directory || needed.contains($0) }
      guard concerns || needsAll else { continue }
      isTaken[index] = true
      needed.formUnion(change.slots)
      needsAll = needsAll || change.keepsAllBefore
    }
    let taken = indices.filter { isTaken[$0] }.map { self[$0] }
    self = indices.filter { !isTaken[$0] }.map { self[$0] }
    return taken
  }

  /// The changes that a power cut keeps, in order.
  func kept(_ fate: inout FateDraw) -> [NameChange] {
    var lost: Set<NameChange.Slot> = []
    return filter { change in
      let isPossible =
        change.keepsAllBefore ? lost.isEmpty : change.slots.allSatisfy { !lost.contains($0) }
      let isKept = fate.keepsName() && isPossible
      if !isKept { lost.formUnion(change.slots) }
      return isKept
    }
  }
}
