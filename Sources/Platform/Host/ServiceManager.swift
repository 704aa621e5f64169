internal import Glibc

/// Tells the service manager that started this process how it is, if it wants to know (the datagrams of
/// `sd_notify`): `READY=1`, `STOPPING=1`. Nothing happens where nobody listens.
package func notifyServiceManager(_ state: String) {
  guard let path = Host.environment("NOTIFY_SOCKET"), let address = address(of: path) else {
    return
  }
  let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { return }
  defer { close(descriptor) }
  var (name, length) = address
  withUnsafePointer(to: &name) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
      let bytes = Array(state.utf8)
      _ = sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), target, length)
    }
  }
}

/// - Parameter path: of a file, or with `@` in front a name without one.
private func address(of path: String) -> (sockaddr_un, socklen_t)? {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  var bytes = Array(path.utf8)
  guard let first = bytes.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@") else {
    return nil
  }
  if first == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
  let isFitting = withUnsafeMutableBytes(of: &address.sun_path) { target in
    guard bytes.count <= target.count else { return false }
    target.copyBytes(from: bytes)
    return true
  }
  guard isFitting else { return nil }
  return (address, socklen_t(MemoryLayout<sa_family_t>.size + bytes.count))
}
