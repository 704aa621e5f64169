internal import CSystem
import Glibc

/// A TCP or Unix socket that accepts connections, non-blocking. Dropping it closes it and removes
/// its file.
package final class ListeningSocket: Sendable {
  /// How many connections the system keeps until they are accepted.
  package static let backlog: Int32 = 1024

  /// To be watched by a `Poller` for `.readable`.
  package let descriptor: Int32
  /// The bound TCP port; 0 for a Unix socket.
  package let port: UInt16
  private let file: (UnixSocketFile, SocketFileIdentity)?

  private init(
    owning descriptor: Int32, port: UInt16, file: (UnixSocketFile, SocketFileIdentity)?
  ) {
    self.descriptor = descriptor
    self.port = port
    self.file = file
  }

  deinit {
    hide()
    close(descriptor)
  }

  /// Removes the file of a Unix socket, so that nobody connects any more; who has can still be
  /// accepted. Harmless twice.
  package func hide() {
    if let (file, identity) = file { file.remove(identity) }
  }

  /// Listens on TCP. Port 0 takes a free one; see `port`. An IPv6 address accepts IPv6 only.
  /// - Throws: `EINVAL` for a host that is not numeric, `EADDRINUSE`, or what the system says.
  package static func tcp(host: String, port: UInt16) throws(SystemError) -> ListeningSocket {
    let name = "\(host):\(port)"
    guard let address = SocketAddress(host: host, port: port) else {
      throw SystemError("bind", name, code: EINVAL)
    }
    let descriptor = try SocketDescriptor.open(family: address.family, named: name)
    do throws(SystemError) {
      try enable(SO_REUSEADDR, at: SOL_SOCKET, of: descriptor, named: name)
      if address.family == AF_INET6 {
        try enable(IPV6_V6ONLY, at: Int32(IPPROTO_IPV6), of: descriptor, named: name)
      }
      try bindAndListen(descriptor, address, named: name)
      return ListeningSocket(owning: descriptor, port: boundPort(of: descriptor), file: nil)
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Listens on a Unix socket, however long its path. The file has mode 0600 from its first moment.
  /// A socket file that nobody listens on any more is replaced.
  /// - Throws: `EADDRINUSE` when somebody listens there or another kind of file stands there, or
  ///   what the system says.
  package static func unix(path: String) throws(SystemError) -> ListeningSocket {
    let file = try UnixSocketFile(path: path)
    let descriptor = try SocketDescriptor.open(family: AF_UNIX, named: path)
    do throws(SystemError) {
      // The file takes the mode that the unbound socket has.
      guard fchmod(descriptor, 0o600) == 0 else { throw SystemError("fchmod", path, code: errno) }
      removeIfStale(file)
      try bindAndListen(descriptor, file.address, named: path)
      guard let identity = file.identity else { throw SystemError("stat", path, code: ENOENT) }
      return ListeningSocket(owning: descriptor, port: 0, file: (file, identity))
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Accepts the next connection that waits.
  /// - Returns: nil when none does.
  /// - Throws: when the process or the system lacks descriptors or memory (`EMFILE`, `ENFILE`,
  ///   `ENOBUFS`, `ENOMEM`): the connection still waits, so pause before asking again.
  package func accept() throws(SystemError) -> StreamSocket? {
    while true {
      var address = SocketAddress()
      let result = address.fill { satchel_accept(descriptor, $0, $1) }
      if result >= 0 { return StreamSocket(owning: result, peer: address.host) }
      switch -result {
      case EAGAIN: return nil
      case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH: continue
      default: throw SystemError("accept", "", code: -result)
      }
    }
  }

  private static func removeIfStale(_ file: UnixSocketFile) {
    guard let identity = file.identity else { return }
    do throws(SystemError) {
      _ = try StreamSocket.connect(toUnixPath: file.path, milliseconds: 0)
    } catch {
      if error.code == ECONNREFUSED { file.remove(identity) }
    }
  }

  private static func bindAndListen(
    _ descriptor: Int32, _ address: SocketAddress, named name: String
  ) throws(SystemError) {
    guard address.read({ bind(descriptor, $0, $1) }) == 0 else {
      throw SystemError("bind", name, code: errno)
    }
    guard listen(descriptor, backlog) == 0 else {
      throw SystemError("listen", name, code: errno)
    }
  }

  private static func enable(
    _ option: Int32, at level: Int32, of descriptor: Int32, named name: String
  ) throws(SystemError) {
    var one: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    guard setsockopt(descriptor, level, option, &one, size) == 0 else {
      throw SystemError("setsockopt", name, code: errno)
    }
  }

  private static func boundPort(of descriptor: Int32) -> UInt16 {
    var address = SocketAddress()
    _ = address.fill { getsockname(descriptor, $0, $1) }
    return address.port
  }
}
