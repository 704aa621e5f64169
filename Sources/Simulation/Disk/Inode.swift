import Platform

/// The number of a file or directory.
typealias InodeNumber = UInt64

/// The bytes of a name: names that Unicode takes for the same are different ones.
typealias Name = [UInt8]

/// A file or directory, whatever names it has.
struct Inode: Sendable {
  let kind: FileStatus.Kind
  let permissions: UInt16
  /// Nanoseconds since 1970.
  let birthTime: UInt64
  var modified: UInt64

  /// Of a file.
  var content = FileContent()
  /// The blocks of a file that have room on the disk.
  var blocks: Set<Int> = []

  /// Of a directory: what programs see.
  var entries: [Name: InodeNumber] = [:]
  /// Of a directory: what is durable.
  var durableEntries: [Name: InodeNumber] = [:]
  /// Of a directory: the one above it. The root is above itself.
  var parent: InodeNumber

  /// How many names programs see; 0 or 1, and 1 for the root.
  var linkCount = 0
  /// How many durable names and changes of names that may become durable lead here.
  var durableReferenceCount = 0
  var handleCount = 0

  /// What the status tells: of a directory, as most file systems do, never zero.
  var byteCount: Int { isDirectory ? Disk.blockByteCount : content.current.byteCount }

  var isDirectory: Bool { kind == .directory }
  /// Whether it takes space. What only a power cut could bring back takes none.
  var isAlive: Bool { linkCount > 0 || handleCount > 0 }
}
