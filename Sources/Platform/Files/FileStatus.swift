/// What the file system knows of a name.
package struct FileStatus: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case file
    case directory
    case symbolicLink
    case socket
    case other
  }

  package var kind: Kind
  /// The size in bytes; of use for files only.
  package var byteCount: Int
  /// The file's number, unique on its device as long as the file exists.
  package var inode: UInt64
  /// The device's number; may change when the machine starts again.
  package var device: UInt64
  /// Nanoseconds since 1970 UTC at which the file was created; nil if the file system keeps none.
  package var birthTime: UInt64?
  /// Nanoseconds since 1970 UTC at which the content changed last.
  package var modified: UInt64
  /// The lowest 12 bits of the mode, such as 0o600.
  package var permissions: UInt16

  package init(
    kind: Kind, byteCount: Int, inode: UInt64, device: UInt64, birthTime: UInt64?,
    modified: UInt64, permissions: UInt16
  ) {
    self.kind = kind
    self.byteCount = byteCount
    self.inode = inode
    self.device = device
    self.birthTime = birthTime
    self.modified = modified
    self.permissions = permissions
  }
}
