internal import CSystem
internal import Glibc

/// The machine and the process that the program runs in.
package enum Host {
  /// Lets this process open as many files as the system allows at all: each connection is one. The system's
  /// usual number is for programs that wait with `select`.
  package static func allowOpenFiles() {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
  }

  /// From now on no crash leaves an image of this process's memory behind, or tells of it, and no other process of
  /// the user reads it: it may hold keys and what patients said.
  package static func forbidMemoryDumps() { system_forbid_memory_dumps() }

  /// The id that the system was given when it was installed: 32 hexadecimal digits in lower case;
  /// nil if there is none. Copies of a disk have the same one.
  package static func machineID(path: String = "/etc/machine-id") -> String? {
    guard let bytes = try? POSIXFileSystem().readFile(path, maximumByteCount: 256) else {
      return nil
    }
    let id = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let isHexadecimal = id.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    return id.count == 32 && isHexadecimal ? String(decoding: id, as: UTF8.self) : nil
  }

  /// Names the time since the machine was started: another after each start. Empty if it cannot be
  /// told.
  package static func bootID(path: String = "/proc/sys/kernel/random/boot_id") -> String {
    // Such a file has no size.
    guard let file = try? POSIXFileSystem().open(path, .read),
      let bytes = try? file.read(at: 0, count: 64)
    else { return "" }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// Gives memory that nobody uses back to the system. O(free memory).
  package static func releaseFreeMemory() { system_release_free_memory() }

  /// Of those that are switched on; at least 1.
  package static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// The machine's name in its network; "localhost" if it has none.
  package static func hostName() -> String {
    let name = text(maximumByteCount: 256) { gethostname($0.baseAddress!, $0.count) == 0 }
    return name.flatMap { $0.isEmpty ? nil : $0 } ?? "localhost"
  }

  /// The login name of the user whom the process acts for; the number of the user if there is none.
  package static func userName() -> String {
    let user = geteuid()
    var buffer = [CChar](repeating: 0, count: 1 << 14)
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    let code = getpwuid_r(user, &entry, &buffer, buffer.count, &found)
    guard code == 0, let found, let name = found.pointee.pw_name else { return "\(user)" }
    return String(cString: name)
  }

  /// A variable of the environment; nil if it is not set.
  package static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// The directory that relative paths begin in; "." if it cannot be told.
  package static func workingDirectory() -> String {
    text(maximumByteCount: Int(PATH_MAX)) { getcwd($0.baseAddress, $0.count) != nil } ?? "."
  }

  /// The number of this process.
  package static var processID: Int32 { getpid() }

  /// What `fill` leaves in a buffer, up to the first zero byte.
  private static func text(
    maximumByteCount: Int, _ fill: (UnsafeMutableBufferPointer<CChar>) -> Bool
  ) -> String? {
    var buffer = [CChar](repeating: 0, count: maximumByteCount + 1)
    return buffer.withUnsafeMutableBufferPointer { buffer in
      guard fill(UnsafeMutableBufferPointer(rebasing: buffer.dropLast())) else { return nil }
      return buffer.baseAddress.map { String(cString: $0) }
    }
  }
}
