import Glibc

extension StreamSocket {
  /// How long to wait before asking again at a Unix socket whose queue is full.
  private static let retryMilliseconds: Int32 = 5

  /// Connects over TCP.
  /// - Parameters:
  ///   - host: a numeric IPv4 or IPv6 address, or `localhost`.
  ///   - milliseconds: how long to wait at most.
  /// - Throws: `EINVAL` for a host that is not numeric, `ETIMEDOUT`, or what the system says.
  package static func connect(
    toHost host: String, port: UInt16, milliseconds: Int32
  ) throws(SystemError) -> StreamSocket {
    guard let address = SocketAddress(host: host, port: port) else {
      throw SystemError("connect", host, code: EINVAL)
    }
    return try connect(to: address, named: "\(host):\(port)", milliseconds: milliseconds)
  }

  /// Connects to a Unix socket, however long its path.
  /// - Throws: `ECONNREFUSED` when nobody listens there, `ETIMEDOUT`, or what the system says.
  package static func connect(
    toUnixPath path: String, milliseconds: Int32
  ) throws(SystemError) -> StreamSocket {
    let file = try UnixSocketFile(path: path)
    return try withExtendedLifetime(file) { () throws(SystemError) -> StreamSocket in
      try connect(to: file.address, named: path, milliseconds: milliseconds)
    }
  }

  private static func connect(
    to address: SocketAddress, named name: String, milliseconds: Int32
  ) throws(SystemError) -> StreamSocket {
    let descriptor = try SocketDescriptor.open(family: address.family, named: name)
    let stream = StreamSocket(owning: descriptor, peer: address.host)
    var remaining = milliseconds
    while true {
      let result = address.read { Glibc.connect(descriptor, $0, $1) }
      let code = errno
      switch (result, code) {
      case (0, _): return stream
      case (_, EINPROGRESS), (_, EINTR):
        try stream.finishConnecting(named: name, milliseconds: remaining)
        return stream
      case (_, EAGAIN) where remaining > 0:
        poll(nil, 0, retryMilliseconds)
        remaining -= retryMilliseconds
      case (_, EAGAIN): throw SystemError("connect", name, code: ETIMEDOUT)
      default: throw SystemError("connect", name, code: code)
      }
    }
  }

  private func finishConnecting(named name: String, milliseconds: Int32) throws(SystemError) {
    guard try !wait(for: .writable, milliseconds: milliseconds).isEmpty else {
      throw SystemError("connect", name, code: ETIMEDOUT)
    }
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else {
      throw SystemError("connect", name, code: errno)
    }
    guard code == 0 else { throw SystemError("connect", name, code: code) }
  }
}

/// Makes the descriptors of this folder.
enum SocketDescriptor {
  /// A stream socket, non-blocking and closed on exec; the caller owns it.
  static func open(family: Int32, named name: String) throws(SystemError) -> Int32 {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(family, Int32(kind), 0)
    guard descriptor >= 0 else { throw SystemError("socket", name, code: errno) }
    return descriptor
  }
}
