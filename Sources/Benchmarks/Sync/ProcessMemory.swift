import Platform

/// What this process has in memory.
enum ProcessMemory {
  /// Now, in bytes.
  static func resident() throws -> Int { try value("VmRSS") }
  /// The most since the process began, or since `forgetPeak`, in bytes.
  static func peak() throws -> Int { try value("VmHWM") }

  /// Gives back what is free, and lets the peak begin anew from what is left.
  static func forgetPeak() throws {
    Host.releaseFreeMemory()
    let file = try POSIXFileSystem().open("/proc/self/clear_refs", .readWrite)
    defer { file.close() }
    try file.write(Array("5".utf8), at: 0)
  }

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
