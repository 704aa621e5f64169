import Platform

/// Files and directories, as programs see them and as they stand on the disk. A value: a copy is
/// another disk.
struct Disk: Sendable {
  static let root: InodeNumber = 2
  /// Room is given out in blocks of this many bytes.
  static let blockByteCount = 4_096

  /// Invariant: an inode is here if and only if it is alive or a durable name, or a change that may
  /// become durable, leads to it.
  var inodes: [InodeNumber: Inode] = [:]
  /// In order.
  var nameChanges: [NameChange] = []
  var handles: [UInt64: Handle] = [:]
  /// Who has the lock of a file.
  var locks: [InodeNumber: UInt64] = [:]
  let device: UInt64

  var byteLimit = Int.max
  var inodeLimit = Int.max
  var isReadOnly = false
  private(set) var usedBlockCount = 0
  private(set) var usedInodeCount = 0
  private(set) var powerCutCount = 0

  private var nextInode: InodeNumber
  private var nextHandle: UInt64 = 1
  /// Nanoseconds since 1970; goes on by a millisecond with every change.
  private var time: UInt64 = 1_700_000_000_000_000_000

  /// An open file.
  struct Handle: Sendable {
    let inode: InodeNumber
    let canWrite: Bool
  }

  init(seed: UInt64) {
    var generator = SimulatedGenerator(seed: seed)
    device = UInt64.random(in: 1...UInt64(UInt32.max), using: &generator)
    nextInode = UInt64.random(in: 11...1_000_000, using: &generator)
    var root = Inode(
      kind: .directory, permissions: 0o755, birthTime: time, modified: time, parent: Self.root)
    root.linkCount = 1
    root.durableReferenceCount = 1
    inodes[Self.root] = root
    usedInodeCount = 1
  }

  mutating func tick() -> UInt64 {
    time += 1_000_000
    return time
  }

  // MARK: - Inodes

  /// Makes a file or directory, and gives it a name that is free.
  mutating func create(
    _ kind: FileStatus.Kind, permissions: UInt16, _ name: Name, in directory: InodeNumber
  ) throws(ErrorCode) -> InodeNumber {
    if isReadOnly { throw .readOnly }
    if usedInodeCount >= inodeLimit { throw .noSpace }
    let number = nextInode
    nextInode += 1
    let now = tick()
    inodes[number] = Inode(
      kind: kind, permissions: permissions, birthTime: now, modified: now, parent: directory)
    usedInodeCount += 1
    change([step(directory, name, number)])
    return number
  }

  func step(_ directory: InodeNumber, _ name: Name, _ inode: InodeNumber?) -> NameChange.Step {
    NameChange.Step(slot: .init(directory: directory, name: name), inode: inode)
  }

  /// Changes names, in one step.
  mutating func change(_ steps: [NameChange.Step], keepsAllBefore: Bool = false) {
    let now = tick()
    for step in steps {
      guard let new = step.inode else { continue }
      inodes[new]?.linkCount += 1
      inodes[new]?.durableReferenceCount += 1
      inodes[new]?.parent = step.slot.directory
    }
    for step in steps {
      let old = inodes[step.slot.directory]?.entries[step.slot.name]
      inodes[step.slot.directory]?.entries[step.slot.name] = step.inode
      inodes[step.slot.directory]?.modified = now
      if let old { drop(old) { $0.linkCount -= 1 } }
    }
    nameChanges.append(NameChange(steps: steps, keepsAllBefore: keepsAllBefore))
  }

  /// Makes changes of names durable.
  mutating func makeDurable(_ changes: [NameChange]) {
    for step in changes.flatMap(\.steps) {
      let isThere = inodes[step.slot.directory] != nil
      // What was in a directory that is gone has no name any more.
      let old =
        isThere ? inodes[step.slot.directory]?.durableEntries[step.slot.name] : step.inode
      inodes[step.slot.directory]?.durableEntries[step.slot.name] = step.inode
      if let old { drop(old) { $0.durableReferenceCount -= 1 } }
    }
  }

  /// Takes something away from an inode, which goes with its last use.
  private mutating func drop(_ number: InodeNumber, _ change: (inout Inode) -> Void) {
    guard var inode = inodes[number] else { return }
    let wasAlive = inode.isAlive
    change(&inode)
    inodes[number] = inode
    if wasAlive, !inode.isAlive {
      usedInodeCount -= 1
      usedBlockCount -= inode.blocks.count
    }
    if !inode.isAlive, inode.durableReferenceCount == 0 { inodes[number] = nil }
  }

  // MARK: - Room

  /// Whether some more blocks have room.
  func hasRoom(blocks: Int) -> Bool { usedBlockCount + blocks <= byteLimit / Self.blockByteCount }

  /// Gives a file a block. The caller has asked whether there is room.
  mutating func takeBlock(_ block: Int, for number: InodeNumber) {
    if inodes[number]?.blocks.insert(block).inserted == true { usedBlockCount += 1 }
  }

  mutating func giveBackBlocks(from first: Int, of number: InodeNumber) {
    let blocks = (inodes[number]?.blocks ?? []).filter { $0 >= first }
    inodes[number]?.blocks.subtract(blocks)
    usedBlockCount -= blocks.count
  }

  // MARK: - Open files

  mutating func openHandle(_ number: InodeNumber, canWrite: Bool) -> UInt64 {
    defer { nextHandle += 1 }
    handles[nextHandle] = Handle(inode: number, canWrite: canWrite)
    inodes[number]?.handleCount += 1
    return nextHandle
  }

  mutating func closeHandle(_ id: UInt64) {
    guard let handle = handles.removeValue(forKey: id) else { return }
    if locks[handle.inode] == id { locks[handle.inode] = nil }
    drop(handle.inode) { $0.handleCount -= 1 }
  }

  // MARK: - The end of the process or of the power

  /// What goes with a process: open files, locks.
  mutating func endProcess() {
    for id in handles.keys.sorted() { closeHandle(id) }
  }

  /// Leaves what the fate leaves.
  mutating func cutPower(_ fate: Fate) {
    endProcess()
    powerCutCount += 1
    var draw = FateDraw(fate)
    let kept = nameChanges.kept(&draw)
    nameChanges = []
    makeDurable(kept)
    let found = durableTree()
    inodes = inodes.filter { found[$0.key] != nil }
    usedBlockCount = 0
    usedInodeCount = inodes.count
    for number in inodes.keys.sorted() { settle(number, parent: found[number], &draw) }
  }

  /// What the durable names lead to, each with the directory that it is in.
  private func durableTree() -> [InodeNumber: InodeNumber] {
    var found = [Self.root: Self.root]
    var waiting = [Self.root]
    while let directory = waiting.popLast() {
      for child in (inodes[directory]?.durableEntries ?? [:]).values
      where found[child] == nil {
        found[child] = directory
        waiting.append(child)
      }
    }
    return found
  }

  private mutating func settle(
    _ number: InodeNumber, parent: InodeNumber?, _ draw: inout FateDraw
  ) {
    guard var inode = inodes[number] else { return }
    inode.content.cutPower(&draw)
    let blockCount =
      (inode.content.current.byteCount + Self.blockByteCount - 1)
      / Self.blockByteCount
    inode.blocks = inode.blocks.filter { $0 < blockCount }
    usedBlockCount += inode.blocks.count
    inode.entries = inode.durableEntries
    inode.parent = parent ?? Self.root
    inode.linkCount = 1
    inode.durableReferenceCount = 1
    inodes[number] = inode
  }
}
