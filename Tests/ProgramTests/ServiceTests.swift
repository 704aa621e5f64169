import Glibc
import Platform
import Testing

/// A server that a service manager starts and stops.
@Suite struct ServiceTests {
  /// Where a service manager hears how its programs are.
  private final class Listener {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
      self.path = path
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(path.utf8) + [0]
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      guard result == 0 else { throw TestFailure("bind \(path): \(errno)") }
    }

    deinit { close(descriptor) }

    /// The next thing that is said; empty if nothing is for ten seconds.
    func next() -> String {
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&wanted, 1, 10_000) > 0 else { return "" }
      var bytes = [UInt8](repeating: 0, count: 256)
      let count = recv(descriptor, &bytes, bytes.count, 0)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
  }

  @Test func `a service manager hears when the server is ready and when it stops`() throws {
    let fixture = try ProgramFixture()
    let listener = try Listener(fixture.path("notify"))
    let process = try fixture.start(
      "satchel-server",
      ["serve", "--data", fixture.path("server"), "--listen", "127.0.0.1:0"],
      environment: ["NOTIFY_SOCKET=\(listener.path)"])
    #expect(listener.next() == "READY=1")
    process.signal(SIGHUP)
    process.signal(SIGTERM)
    #expect(listener.next() == "STOPPING=1")
    #expect(try process.wait().status == 0)
  }
}
