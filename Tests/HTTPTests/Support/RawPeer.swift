import Glibc
import HTTP
import Platform

/// A peer that sends any bytes and reads what comes.
final class RawPeer {
  let socket: StreamSocket
  private var received: [UInt8] = []

  init(_ endpoint: Endpoint) throws {
    switch endpoint {
    case .tcp(let host, let port):
      socket = try .connect(toHost: host, port: port, milliseconds: 5_000)
    case .unix(let path):
      socket = try .connect(toUnixPath: path, milliseconds: 5_000)
    }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// Sends all bytes; a server that takes none for ten seconds fails it.
  func send(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count {
      if let count = try socket.write(bytes, from: offset) {
        offset += count
      } else if try socket.wait(for: .writable, milliseconds: 10_000).isEmpty {
        throw SystemError("send", "", code: ETIMEDOUT)
      }
    }
  }

  /// Sends the same bytes over and over until the server takes no more for so long.
  /// - Returns: how many it took.
  func flood(_ bytes: [UInt8], quietMilliseconds: Int32, limit: Int) throws -> Int {
    var total = 0
    while total < limit {
      if let count = try socket.write(bytes, from: total % bytes.count) {
        total += count
      } else if try socket.wait(for: .writable, milliseconds: quietMilliseconds).isEmpty {
        break
      }
    }
    return total
  }

  /// Ends the connection with a reset instead of a close, and leaves the peer on an unconnected
  /// one.
  func breakOff() throws {
    var unspecified = sockaddr()
    unspecified.sa_family = sa_family_t(AF_UNSPEC)
    guard connect(socket.descriptor, &unspecified, socklen_t(MemoryLayout<sockaddr>.size)) == 0
    else { throw SystemError("disconnect", "", code: errno) }
  }

  /// What came until `text` has come, or until the end.
  func read(until text: String) throws -> String {
    let wanted = Array(text.utf8)
    while true {
      if let end = received.endOfFirst(wanted) {
        defer { received.removeFirst(end) }
        return String(decoding: received[..<end], as: UTF8.self)
      }
      if try !readSome() { return takeAll() }
    }
  }

  /// What comes until the server closes its side.
  /// - Throws: `ECONNRESET` when it breaks off instead.
  func readToEnd() throws -> String {
    while try readSome() {}
    return takeAll()
  }

  private func takeAll() -> String {
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  /// - Returns: false at the end.
  private func readSome() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      switch try socket.read(into: &buffer) {
      case .bytes(let count):
        received.append(contentsOf: buffer[..<count])
        return true
      case .end: return false
      case .wouldBlock:
        if try socket.wait(for: .readable, milliseconds: 10_000).isEmpty {
          throw SystemError("recv", "", code: ETIMEDOUT)
        }
      }
    }
  }
}

extension [UInt8] {
  /// The index behind the first place where `part` stands.
  func endOfFirst(_ part: [UInt8]) -> Int? {
    withUnsafeBytes { all in
      part.withUnsafeBytes { part in
        guard let start = all.baseAddress, let wanted = part.baseAddress else { return nil }
        var offset = 0
        while offset + part.count <= all.count {
          if memcmp(start + offset, wanted, part.count) == 0 { return offset + part.count }
          offset += 1
        }
        return nil
      }
    }
  }
}
