import Platform
import Replica
import Testing

@testable import Benchmarks

/// Runs a body with a place to work in, and removes it.
func withTemporaryWorkbench(_ body: (Workbench) throws -> Void) throws {
  let parent = "/tmp/satchel-bench-test-\(SystemRandom().uint64())"
  try POSIXFileSystem().createDirectory(parent)
  defer { try? POSIXFileSystem().removeTree(parent) }
  let directory = WorkDirectory(root: parent + "/work", fileSystem: POSIXFileSystem())
  try POSIXFileSystem().createDirectory(directory.root)
  try body(
    Workbench(setup: try .system(), directory: directory, sizes: Sizes(runs: 1, documents: 3)))
}

/// What is mounted on this machine.
enum Mounts {
  /// A directory on a file system in memory; nil if there is none.
  static func inMemory() throws -> String? {
    let file = try POSIXFileSystem().open("/proc/self/mounts", .read)
    defer { file.close() }
    let text = String(decoding: try file.read(at: 0, count: 1 << 16), as: UTF8.self)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count > 2, words[2] == "tmpfs" { return String(words[1]) }
    }
    return nil
  }
}
