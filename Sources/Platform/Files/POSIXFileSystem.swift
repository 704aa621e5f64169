internal import CSystem
internal import Glibc

/// The file system of the operating system. Descriptors are closed when another program is started.
package struct POSIXFileSystem: FileSystem {
  package init() {}

  package func open(
    _ path: String, _ mode: OpenMode, permissions: UInt16
  ) throws(SystemError) -> any File {
    let descriptor = try openDescriptor(path, flags: mode.flags, permissions: permissions)
    return POSIXFile(path: path, descriptor: descriptor)
  }

  package func createDirectory(_ path: String, permissions: UInt16) throws(SystemError) {
    do throws(SystemError) {
      try makeDirectory(path, permissions)
    } catch {
      let parent = parentDirectory(of: path)
      guard error.isNotFound, !path.isEmpty, parent != path else { throw error }
      // Some directories are there and take no other: /proc, or one that has been removed.
      if !isDirectory(parent) { try createDirectory(parent, permissions: permissions) }
      try makeDirectory(path, permissions)
    }
  }

  /// Makes one directory; it may be there.
  private func makeDirectory(_ path: String, _ permissions: UInt16) throws(SystemError) {
    do throws(SystemError) {
      try call("mkdir", path) { mkdir($0, mode_t(permissions)) }
    } catch {
      guard error.isAlreadyThere, isDirectory(path) else { throw error }
    }
  }

  package func contents(ofDirectory path: String) throws(SystemError) -> [String] {
    try refuseZeroByte("opendir", path)
    let (directory, code) = path.withCString { (opendir($0), errno) }
    guard let directory else { throw SystemError("opendir", path, code: code) }
    defer { closedir(directory) }
    var names: [String] = []
    while let name = try nextName(in: directory, path) {
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package func rename(_ from: String, to: String) throws(SystemError) {
    try refuseZeroByte("rename", to)
    try call("rename", from) { Glibc.rename($0, to) }
  }

  package func link(_ path: String, to other: String) throws(SystemError) {
    try refuseZeroByte("link", other)
    try call("link", path) { Glibc.link($0, other) }
  }

  package func removeFile(_ path: String) throws(SystemError) {
    try call("unlink", path) { unlink($0) }
  }

  package func removeDirectory(_ path: String) throws(SystemError) {
    try call("rmdir", path) { rmdir($0) }
  }

  package func synchronizeDirectory(_ path: String) throws(SystemError) {
    let descriptor = try openDescriptor(path, flags: O_RDONLY | O_DIRECTORY, permissions: 0)
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw SystemError("fsync", path, code: errno) }
  }

  package func synchronizeFileSystem(_ path: String) throws(SystemError) {
    let descriptor = try openDescriptor(path, flags: O_RDONLY, permissions: 0)
    defer { close(descriptor) }
    let result = system_sync_file_system(descriptor)
    guard result >= 0 else { throw SystemError("syncfs", path, code: -result) }
  }

  package func status(_ path: String) throws(SystemError) -> FileStatus? {
    try refuseZeroByte("statx", path)
    var status = system_status()
    let result = system_status_of(path, &status)
    if result == -ENOENT || result == -ENOTDIR { return nil }
    guard result >= 0 else { throw SystemError("statx", path, code: -result) }
    return FileStatus(status)
  }

  private func openDescriptor(
    _ path: String, flags: Int32, permissions: UInt16
  ) throws(SystemError) -> Int32 {
    try call("open", path) { Glibc.open($0, flags | O_CLOEXEC | O_NOCTTY, mode_t(permissions)) }
  }

  /// Calls the system again while it is interrupted, and captures its `errno`.
  @discardableResult
  private func call(
    _ operation: String, _ path: String, _ body: (UnsafePointer<CChar>) -> Int32
  ) throws(SystemError) -> Int32 {
    try refuseZeroByte(operation, path)
    while true {
      let (result, code) = path.withCString { (body($0), errno) }
      if result >= 0 { return result }
      guard code == EINTR else { throw SystemError(operation, path, code: code) }
    }
  }

  /// A zero byte would end the path early and name something else.
  private func refuseZeroByte(_ operation: String, _ path: String) throws(SystemError) {
    if path.utf8.contains(0) { throw SystemError(operation, path, code: EINVAL) }
  }

  private func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The next name, in the directory's own order; nil at the end.
  private func nextName(
    in directory: OpaquePointer, _ path: String
  ) throws(SystemError) -> String? {
    errno = 0
    guard let entry = readdir(directory) else {
      let code = errno
      if code != 0 { throw SystemError("readdir", path, code: code) }
      return nil
    }
    return withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
    }
  }
}

extension OpenMode {
  fileprivate var flags: Int32 {
    switch self {
    case .read: O_RDONLY
    case .readWrite: O_RDWR
    case .createNew: O_RDWR | O_CREAT | O_EXCL
    case .openOrCreate: O_RDWR | O_CREAT
    }
  }
}

extension FileStatus {
  fileprivate init(_ status: system_status) {
    self.init(
      kind: Kind(mode: mode_t(status.mode)),
      byteCount: Int(clamping: status.byte_count),
      inode: status.inode,
      device: status.device,
      birthTime: status.has_birth_time
        ? nanoseconds(status.birth_seconds, status.birth_nanoseconds) : nil,
      modified: nanoseconds(status.modified_seconds, status.modified_nanoseconds),
      permissions: UInt16(status.mode & 0o7777))
  }
}

extension FileStatus.Kind {
  fileprivate init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .symbolicLink
    case S_IFSOCK: self = .socket
    default: self = .other
    }
  }
}

/// Nanoseconds since 1970; a time before that, or past the year 2554, becomes the nearest one that
/// fits.
private func nanoseconds(_ seconds: Int64, _ rest: UInt32) -> UInt64 {
  guard seconds >= 0 else { return 0 }
  let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
  let (sum, overflowToo) = whole.addingReportingOverflow(UInt64(rest))
  return overflow || overflowToo ? .max : sum
}
