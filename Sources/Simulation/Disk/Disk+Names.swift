import Platform

/// The calls that concern names.
extension Disk {
  /// Whether opening would make a new file.
  func wouldCreate(_ path: String, _ mode: OpenMode) -> Bool {
    guard mode.creates, let place = try? place(path) else { return false }
    return (try? inode(at: place)) == .some(nil)
  }

  mutating func open(
    _ path: String, _ mode: OpenMode, permissions: UInt16
  ) throws(ErrorCode) -> UInt64 {
    let place = try place(path)
    if mode.creates, place.endsInSlash { throw .isDirectory }
    if let found = try inode(at: place) {
      if mode == .createNew { throw .alreadyThere }
      if mode != .read, isDirectory(found) { throw .isDirectory }
      if mode != .read, isReadOnly { throw .readOnly }
      return openHandle(found, canWrite: mode != .read)
    }
    guard mode.creates, case .name(let name) = place.last else { throw .notFound }
    let made = try create(.file, permissions: permissions, name, in: place.directory)
    return openHandle(made, canWrite: true)
  }

  mutating func makeDirectory(_ path: String, permissions: UInt16) throws(ErrorCode) {
    let place = try place(path).withoutSlash
    guard try inode(at: place) == nil, case .name(let name) = place.last else {
      throw .alreadyThere
    }
    _ = try create(.directory, permissions: permissions, name, in: place.directory)
  }

  func contents(ofDirectory path: String) throws(ErrorCode) -> [String] {
    let number = try inode(path)
    guard isDirectory(number) else { throw .notDirectory }
    return (inodes[number]?.entries ?? [:]).keys
      .sorted { $0.lexicographicallyPrecedes($1) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  mutating func removeFile(_ path: String) throws(ErrorCode) {
    let place = try place(path)
    guard case .name(let name) = place.last else { throw .isDirectory }
    if isReadOnly { throw .readOnly }
    guard let found = try inode(at: place) else { throw .notFound }
    if isDirectory(found) { throw .isDirectory }
    change([step(place.directory, name, nil)])
  }

  mutating func removeDirectory(_ path: String) throws(ErrorCode) {
    let place = try place(path)
    let name: Name
    switch place.last {
    case .name(let last): name = last
    case .above: throw .notEmpty
    case .here: throw try ParsedPath(path).components.isEmpty ? .busy : .invalid
    }
    if isReadOnly { throw .readOnly }
    guard let found = try inode(at: place) else { throw .notFound }
    guard isDirectory(found) else { throw .notDirectory }
    guard inodes[found]?.entries.isEmpty == true else { throw .notEmpty }
    change([step(place.directory, name, nil)])
  }

  mutating func rename(_ from: String, to: String) throws(ErrorCode) {
    let (old, new) = (try place(from), try place(to))
    guard case .name(let oldName) = old.last, case .name(let newName) = new.last else {
      throw .busy
    }
    if isReadOnly { throw .readOnly }
    guard let source = try inode(at: old) else { throw .notFound }
    let target = try existing(at: new, endingInSlashFor: source)
    guard try mayReplace(target, by: source, in: old.directory, new.directory) else { return }
    change(
      [step(old.directory, oldName, nil), step(new.directory, newName, source)],
      keepsAllBefore: isDirectory(source))
  }

  /// What a rename would replace.
  private func existing(
    at place: Place, endingInSlashFor source: InodeNumber
  ) throws(ErrorCode) -> InodeNumber? {
    if place.endsInSlash, !isDirectory(source) { throw .notDirectory }
    return try inode(at: place.withoutSlash)
  }

  /// Whether a rename has something to do; throws why it is impossible.
  private func mayReplace(
    _ target: InodeNumber?, by source: InodeNumber, in oldDirectory: InodeNumber,
    _ newDirectory: InodeNumber
  ) throws(ErrorCode) -> Bool {
    if isAbove(source, newDirectory) { throw .invalid }
    guard let target else { return true }
    if isAbove(target, oldDirectory) { throw .notEmpty }
    if source == target { return false }
    if isDirectory(source), !isDirectory(target) { throw .notDirectory }
    if !isDirectory(source), isDirectory(target) { throw .isDirectory }
    if inodes[target]?.entries.isEmpty == false { throw .notEmpty }
    return true
  }

  /// Whether a directory is another or somewhere above it.
  private func isAbove(_ upper: InodeNumber, _ lower: InodeNumber) -> Bool {
    var place = lower
    while place != upper, place != Self.root { place = inodes[place]?.parent ?? Self.root }
    return place == upper
  }

  func status(_ path: String) throws(ErrorCode) -> FileStatus? {
    let number: InodeNumber
    do { number = try inode(path) } catch {
      guard error == .notFound || error == .notDirectory else { throw error }
      return nil
    }
    guard let inode = inodes[number] else { return nil }
    return FileStatus(
      kind: inode.kind, byteCount: inode.byteCount, inode: number, device: device,
      birthTime: inode.birthTime, modified: inode.modified, permissions: inode.permissions)
  }

  mutating func synchronizeDirectory(_ path: String) throws(ErrorCode) {
    let number = try inode(path)
    guard isDirectory(number) else { throw .notDirectory }
    synchronizeDirectory(number)
  }

  mutating func synchronizeDirectory(_ number: InodeNumber) {
    makeDurable(nameChanges.split(for: number))
  }

  mutating func synchronizeAll(_ path: String) throws(ErrorCode) {
    _ = try inode(path)
    makeDurable(nameChanges)
    nameChanges = []
    for number in Array(inodes.keys) { inodes[number]?.content.synchronize() }
  }

  /// A sync of everything fails.
  mutating func forgetAll() {
    for number in Array(inodes.keys) { inodes[number]?.content.forget() }
  }
}

extension OpenMode {
  var creates: Bool { self == .createNew || self == .openOrCreate }
}
