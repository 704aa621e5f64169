import Glibc
import Platform
import Testing

@Suite struct MemoryFileSystemTests {
  @Test func `what is in memory is known by what is mounted`() throws {
    let file = try POSIXFileSystem().open("/proc/self/mounts", .read)
    defer { file.close() }
    let text = String(decoding: try file.read(at: 0, count: 1 << 16), as: UTF8.self)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 2, ["tmpfs", "ext4"].contains(words[2]) else { continue }
      guard let isInMemory = try? POSIXFileSystem().isInMemory(String(words[1])) else { continue }
      #expect(isInMemory == (words[2] == "tmpfs"))
    }
  }

  @Test func `a path that is not there is an error`() {
    #expect(throws: SystemError("statfs", "/nowhere/at/all", code: ENOENT)) {
      try POSIXFileSystem().isInMemory("/nowhere/at/all")
    }
  }
}
