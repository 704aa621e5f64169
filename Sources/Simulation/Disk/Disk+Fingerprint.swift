extension Disk {
  /// Two disks with the same fingerprint hold the same, now and after any power cut, except for the times of
  /// their last changes; two others have it by chance only, once in 2^64. O(bytes).
  var fingerprint: Int {
    var hasher = Hasher()
    // A start of the system that no power cut has come before trusts more.
    hasher.combine(powerCutCount)
    for (number, inode) in inodes.sorted(by: { $0.key < $1.key }) {
      hasher.combine(number)
      hasher.combine(inode.isDirectory)
      hasher.combine(inode.birthTime)
      hasher.combine(inode.parent)
      hasher.combine(inode.entries)
      hasher.combine(inode.durableEntries)
      inode.content.hash(into: &hasher)
    }
    hasher.combine(nameChanges)
    return hasher.finalize()
  }
}

extension FileContent {
  fileprivate func hash(into hasher: inout Hasher) {
    current.hash(into: &hasher)
    durable.hash(into: &hasher)
    for change in changes {
      hasher.combine(change.byteCount)
      hasher.combine(change.isForgotten)
      hasher.combine(sectors: change.sectors)
    }
  }
}

extension SparseBytes {
  fileprivate func hash(into hasher: inout Hasher) {
    hasher.combine(byteCount)
    hasher.combine(sectors: presentSectors(from: 0).map { ($0, sector($0)) })
  }
}

extension Hasher {
  fileprivate mutating func combine(sectors: some Sequence<(key: Int, value: [UInt8]?)>) {
    combine(sectors: sectors.map { ($0.key, $0.value) })
  }

  fileprivate mutating func combine(sectors: [(Int, [UInt8]?)]) {
    for (number, bytes) in sectors.sorted(by: { $0.0 < $1.0 }) {
      combine(number)
      bytes?.withUnsafeBytes { combine(bytes: $0) }
    }
    combine(sectors.count)
  }
}
