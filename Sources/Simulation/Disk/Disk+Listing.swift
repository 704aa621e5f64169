/// What people read of a disk.
extension Disk {
  func listing(_ number: InodeNumber, path: String) -> [String] {
    let entries = (inodes[number]?.entries ?? [:])
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    return entries.flatMap { name, child -> [String] in
      let path = path + String(decoding: name, as: UTF8.self)
      guard !isDirectory(child) else {
        return ["\(path)/"] + listing(child, path: "\(path)/")
      }
      return ["\(path) \(inodes[child]?.content.current.byteCount ?? 0)"]
    }
  }

  func uncertainties() -> [String] {
    let names = nameChanges.map { change in
      change.steps.map(describe).joined(separator: ", ")
    }
    let contents = inodes.sorted { $0.key < $1.key }.compactMap { number, inode -> String? in
      guard !inode.content.changes.isEmpty else { return nil }
      let sizes =
        "\(inode.content.durable.byteCount) → \(inode.content.current.byteCount) bytes"
      return "\(path(number)): \(inode.content.changes.count) changes, \(sizes)"
    }
    return names + contents
  }

  private func describe(_ step: NameChange.Step) -> String {
    let directory = step.slot.directory == Self.root ? "" : path(step.slot.directory)
    let path = "\(directory)/\(String(decoding: step.slot.name, as: UTF8.self))"
    return step.inode.map { "\(path) = inode \($0)" } ?? "\(path) removed"
  }

  /// The path that programs see; the number if there is none.
  private func path(_ number: InodeNumber) -> String {
    guard let inode = inodes[number], let parent = inodes[inode.parent],
      let name = parent.entries.first(where: { $0.value == number })?.key
    else { return "inode \(number)" }
    let above = inode.parent == Self.root ? "" : path(inode.parent)
    return "\(above)/\(String(decoding: name, as: UTF8.self))"
  }
}
