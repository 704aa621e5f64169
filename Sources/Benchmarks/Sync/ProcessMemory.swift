import Platform

/// What this process has in memory.
enum ProcessMemory {
  /// Now, in bytes.
  static func resident() throws -> Int { try value("VmRSS") }
  /// The most since the process began, in bytes.
  static func peak() throws -> Int { try value("VmHWM") }

  /// The threads that there are now.
  static func threads() throws -> Int {
    try POSIXFileSystem().contents(ofDirectory: "/proc/self/task").count
  }

  private static func value(_ name: String) throws -> Int {
    let path = "/proc/self/status"
    let file = try POSIXFileSystem().open(path, .read)
    defer { file.close() }
    let text = String(decoding: try file.read(at: 0, count: 1 << 16), as: UTF8.self)
    guard let byteCount = ProcessStatus.byteCount(name, in: text) else {
      throw BenchmarkError("\(path) does not say \(name)")
    }
    return byteCount
  }
}
