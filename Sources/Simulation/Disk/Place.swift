/// A path, taken apart.
struct ParsedPath {
  static let maximumByteCount = 4_095
  static let maximumNameByteCount = 255

  let components: [Name]
  let endsInSlash: Bool

  /// Throws what the system says of a path before it looks for anything.
  init(_ text: String) throws(ErrorCode) {
    let bytes = Array(text.utf8)
    if bytes.contains(0) { throw .invalid }
    if bytes.isEmpty { throw .notFound }
    if bytes.count > Self.maximumByteCount { throw .nameTooLong }
    components = bytes.split(separator: UInt8(ascii: "/")).map(Array.init)
    endsInSlash = bytes.last == UInt8(ascii: "/")
  }
}

/// Where a path leads: a directory that is there, and a name in it that may be there or not.
struct Place {
  enum Last {
    case name(Name)
    /// `.`, or the root itself.
    case here
    /// `..`
    case above
  }

  let directory: InodeNumber
  let last: Last
  let endsInSlash: Bool

  var withoutSlash: Place { Place(directory: directory, last: last, endsInSlash: false) }
}

extension Disk {
  func place(_ path: String) throws(ErrorCode) -> Place {
    let parsed = try ParsedPath(path)
    var directory = Self.root
    for name in parsed.components.dropLast() {
      guard let next = try entry(name, in: directory) else { throw .notFound }
      guard isDirectory(next) else { throw .notDirectory }
      directory = next
    }
    let last: Place.Last =
      switch parsed.components.last {
      case nil, Name(".".utf8): .here
      case Name("..".utf8): .above
      case .some(let name): .name(name)
      }
    return Place(directory: directory, last: last, endsInSlash: parsed.endsInSlash)
  }

  /// What stands at a place; nil if nothing does.
  func inode(at place: Place) throws(ErrorCode) -> InodeNumber? {
    let found: InodeNumber? =
      switch place.last {
      case .here: place.directory
      case .above: inodes[place.directory]?.parent
      case .name(let name): try entry(name, in: place.directory)
      }
    if let found, place.endsInSlash, !isDirectory(found) { throw .notDirectory }
    return found
  }

  /// What a path names.
  func inode(_ path: String) throws(ErrorCode) -> InodeNumber {
    guard let found = try inode(at: place(path)) else { throw .notFound }
    return found
  }

  private func entry(_ name: Name, in directory: InodeNumber) throws(ErrorCode) -> InodeNumber? {
    if name == Name(".".utf8) { return directory }
    if name == Name("..".utf8) { return inodes[directory]?.parent }
    if name.count > ParsedPath.maximumNameByteCount { throw .nameTooLong }
    return inodes[directory]?.entries[name]
  }

  func isDirectory(_ number: InodeNumber) -> Bool { inodes[number]?.isDirectory ?? false }
}
