/// The calls on an open file, by its handle.
extension Disk {
  func handle(_ id: UInt64) throws(ErrorCode) -> Handle {
    guard let handle = handles[id] else { throw .badDescriptor }
    return handle
  }

  func byteCount(_ id: UInt64) throws(ErrorCode) -> Int {
    let number = try handle(id).inode
    return inodes[number]?.byteCount ?? 0
  }

  func read(_ id: UInt64, at offset: Int, count: Int) throws(ErrorCode) -> [UInt8] {
    let number = try handle(id).inode
    if count > 0, isDirectory(number) { throw .isDirectory }
    return inodes[number]?.content.current.read(at: offset, count: count) ?? []
  }

  /// Writes as much as there is room for, and then throws if that was not all.
  mutating func write(_ id: UInt64, _ bytes: [UInt8], at offset: Int) throws(ErrorCode) {
    let handle = try handle(id)
    if bytes.isEmpty { return }
    guard handle.canWrite else { throw .badDescriptor }
    if isReadOnly { throw .readOnly }
    let end = takeRoom(offset..<offset + bytes.count, for: handle.inode)
    let fitting = end - offset == bytes.count ? bytes : Array(bytes.prefix(max(0, end - offset)))
    touch(handle.inode)
    inodes[handle.inode]?.content.write(fitting, at: offset)
    if fitting.count < bytes.count { throw .noSpace }
  }

  private mutating func touch(_ number: InodeNumber) {
    let now = tick()
    inodes[number]?.modified = now
  }

  /// Returns where the room ends: behind the range, unless the disk is full.
  private mutating func takeRoom(_ range: Range<Int>, for number: InodeNumber) -> Int {
    let taken = inodes[number]?.blocks ?? []
    for block in Self.blocks(of: range) where !taken.contains(block) {
      guard hasRoom(blocks: 1) else { return block * Self.blockByteCount }
      takeBlock(block, for: number)
    }
    return range.upperBound
  }

  private static func blocks(of range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty else { return 0..<0 }
    return range.lowerBound / blockByteCount..<(range.upperBound - 1) / blockByteCount + 1
  }

  mutating func truncate(_ id: UInt64, to byteCount: Int) throws(ErrorCode) {
    let handle = try handle(id)
    guard byteCount >= 0, handle.canWrite else { throw .invalid }
    if isReadOnly { throw .readOnly }
    touch(handle.inode)
    inodes[handle.inode]?.content.resize(to: byteCount)
    let kept = Self.blocks(of: 0..<byteCount).upperBound
    giveBackBlocks(from: kept, of: handle.inode)
  }

  /// All or nothing.
  mutating func reserve(_ id: UInt64, byteCount: Int) throws(ErrorCode) {
    let handle = try handle(id)
    guard handle.canWrite else { throw .badDescriptor }
    if isReadOnly { throw .readOnly }
    let taken = inodes[handle.inode]?.blocks ?? []
    let missing = Self.blocks(of: 0..<byteCount).filter { !taken.contains($0) }
    guard hasRoom(blocks: missing.count) else { throw .noSpace }
    for block in missing { takeBlock(block, for: handle.inode) }
    let before = inodes[handle.inode]?.content.current.byteCount ?? 0
    if byteCount > before { inodes[handle.inode]?.content.resize(to: byteCount) }
  }

  mutating func synchronize(_ id: UInt64) throws(ErrorCode) {
    let number = try handle(id).inode
    if isDirectory(number) { return synchronizeDirectory(number) }
    inodes[number]?.content.synchronize()
  }

  /// A sync of the file fails.
  mutating func forget(_ id: UInt64) {
    guard let number = handles[id]?.inode else { return }
    inodes[number]?.content.forget()
  }

  mutating func lock(_ id: UInt64) throws(ErrorCode) -> Bool {
    let number = try handle(id).inode
    guard let owner = locks[number] else {
      locks[number] = id
      return true
    }
    return owner == id
  }

  mutating func flip(_ path: String, bit: Int) throws(ErrorCode) {
    let number = try inode(path)
    if isDirectory(number) { throw .isDirectory }
    guard inodes[number]?.content.flip(bit: bit) == true else { throw .invalid }
  }
}
