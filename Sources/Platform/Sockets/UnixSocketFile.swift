internal import CSystem
import Glibc

/// A Unix socket's place in the file system, reachable also where its path is too long for a
/// socket address: the directory is held open and named through `/proc/self/fd`.
final class UnixSocketFile: Sendable {
  let path: String
  /// What to bind or connect to. Invariant: valid as long as this object lives.
  let address: SocketAddress
  private let directory: Int32
  private let name: String

  /// - Throws: when the directory cannot be opened, or the name alone is too long.
  init(path: String) throws(SystemError) {
    self.path = path
    (directory, name) = try Self.openDirectory(of: path)
    let throughDirectory = "/proc/self/fd/\(directory)/\(name)"
    guard
      let address = SocketAddress(unixPath: path) ?? SocketAddress(unixPath: throughDirectory)
    else {
      close(directory)
      throw SystemError("socket", path, code: ENAMETOOLONG)
    }
    self.address = address
  }

  deinit { close(directory) }

  private static func openDirectory(
    of path: String
  ) throws(SystemError) -> (directory: Int32, name: String) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let name = String(parts.popLast() ?? "")
    guard !name.isEmpty, !path.utf8.contains(0) else {
      throw SystemError("socket", path, code: EINVAL)
    }
    let parent = parts.isEmpty ? "." : parts.joined(separator: "/") + "/"
    let descriptor = satchel_open_directory(parent)
    guard descriptor >= 0 else { throw SystemError("open", parent, code: -descriptor) }
    return (descriptor, name)
  }

  /// Which file stands there now, if it is a socket.
  var identity: SocketFileIdentity? {
    var status = stat()
    guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    guard status.st_mode & S_IFMT == S_IFSOCK else { return nil }
    return SocketFileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Removes the file if it is still the one that `identity` names.
  func remove(_ identity: SocketFileIdentity) {
    guard self.identity == identity else { return }
    unlinkat(directory, name, 0)
  }
}

/// Tells one socket file from another of the same name.
struct SocketFileIdentity: Sendable, Equatable {
  var device: UInt64
  var inode: UInt64
}
