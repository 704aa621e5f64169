import Glibc
import HTTP
import Platform
import Testing

struct UnixSocketTests {
  private let directory = TemporaryDirectory()

  private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode : nil
  }

  @Test(arguments: [30, 107, 108, 150, 3_000])
  func `a socket works at a path of any length, with mode 0600`(_ count: Int) throws {
    let path =
      count < 1_000
      ? directory.path(ofByteCount: count, name: "s")
      : directory.deepPath(ofByteCount: count, name: "s")
    #expect(path.utf8.count == count)
    var listener: ListeningSocket? = try .unix(path: path)
    #expect(mode(path) == S_IFSOCK | 0o600)
    let peer = try StreamSocket.connect(toUnixPath: path, milliseconds: 1_000)
    let accepted = try #require(try listener?.accept())
    #expect(try peer.write([1, 2, 3], from: 1) == 2)
    var buffer: [UInt8] = [0, 0, 0]
    #expect(try accepted.read(into: &buffer) == .bytes(2))
    #expect(buffer == [2, 3, 0])
    listener = nil
    #expect(mode(path) == nil)
  }

  @Test func `a socket somebody listens on is not taken away`() throws {
    let path = directory.path + "/s"
    let listener = try ListeningSocket.unix(path: path)
    #expect(throws: SystemError("bind", path, code: EADDRINUSE)) {
      try ListeningSocket.unix(path: path)
    }
    _ = try StreamSocket.connect(toUnixPath: path, milliseconds: 1_000)
    withExtendedLifetime(listener) {}
  }

  @Test func `a socket file left behind is replaced`() throws {
    let path = directory.path + "/s"
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(result == 0)
    close(descriptor)
    #expect(throws: SystemError("connect", path, code: ECONNREFUSED)) {
      try StreamSocket.connect(toUnixPath: path, milliseconds: 1_000)
    }
    let listener = try ListeningSocket.unix(path: path)
    _ = try StreamSocket.connect(toUnixPath: path, milliseconds: 1_000)
    withExtendedLifetime(listener) {}
  }

  @Test func `another kind of file is never replaced`() throws {
    let path = directory.path + "/s"
    close(open(path, O_CREAT | O_WRONLY, 0o644))
    #expect(throws: SystemError("bind", path, code: EADDRINUSE)) {
      try ListeningSocket.unix(path: path)
    }
    #expect(mode(path) == S_IFREG | 0o644)
  }

  @Test func `a listener leaves alone what has taken its file's place`() throws {
    let path = directory.path + "/s"
    var first: ListeningSocket? = try .unix(path: path)
    rename(path, path + ".old")
    let second = try ListeningSocket.unix(path: path)
    withExtendedLifetime(first) {}
    first = nil
    _ = try StreamSocket.connect(toUnixPath: path, milliseconds: 1_000)
    withExtendedLifetime(second) {}
  }

  @Test(arguments: ["", "/", "a/", "a\0b"])
  func `a path without a name is refused`(_ path: String) {
    #expect(throws: SystemError("socket", path, code: EINVAL)) {
      try ListeningSocket.unix(path: path)
    }
  }

  @Test func `a missing directory is named in the error`() {
    let path = directory.path + "/missing/s"
    let expected = SystemError("open", directory.path + "/missing/", code: ENOENT)
    #expect(throws: expected) { try StreamSocket.connect(toUnixPath: path, milliseconds: 0) }
    #expect(expected.description.hasSuffix("/missing/: No such file or directory"))
  }
}

extension TemporaryDirectory {
  /// A path in nested new directories, of exactly so many bytes.
  func deepPath(ofByteCount count: Int, name: String) -> String {
    var directory = path
    while count - directory.utf8.count - name.utf8.count > 204 {
      directory += "/" + String(repeating: "d", count: 100)
      mkdir(directory, 0o700)
    }
    let rest = count - directory.utf8.count - name.utf8.count - 2
    directory += "/" + String(repeating: "e", count: rest)
    mkdir(directory, 0o700)
    return directory + "/" + name
  }
}
