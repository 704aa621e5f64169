import Platform
import TestSupport

/// A random sequence of calls, the same for every file system that it is played to: what each call
/// gives, as text, without what differs between file systems (times, inode numbers).
struct RandomScript {
  private static let paths = [
    "a", "b", "d", "d/a", "d/b", "d/e", "d/e/f", "d/e/f/g", "a/x", "d/", "a/", "./a", "d/../b",
    "d//a", ".", "d/.", "d/..", "d/a/", "é", "e\u{301}", "", "x\0y", "a/x/y", "e", "e/f",
    String(repeating: "n", count: 255), String(repeating: "n", count: 256),
  ]

  private let root: String
  private var generator: SeededGenerator
  private var files: [(any File)?] = [nil, nil, nil, nil, nil]

  init(seed: Int, root: String) {
    self.root = root
    generator = SeededGenerator(seed: seed)
  }

  /// Makes the next call.
  mutating func step(_ fileSystem: any FileSystem) -> String {
    generator.once(in: 2) ? nameCall(fileSystem) : fileCall(fileSystem)
  }

  mutating func closeAll() {
    for index in files.indices { files[index] = nil }
  }

  private mutating func path() -> String {
    let common = generator.once(in: 3) ? Self.paths : Array(Self.paths.prefix(8))
    return "\(root)/\(generator.pick(common))"
  }

  private func attempt(_ call: String, _ body: () throws(SystemError) -> String) -> String {
    do { return "\(call): \(try body())" } catch {
      let path = error.path.hasPrefix(root) ? error.path.dropFirst(root.count) : "elsewhere"
      return "\(call): \(error.operation) \(path) \(error.code)"
    }
  }

  private mutating func nameCall(_ fileSystem: any FileSystem) -> String {
    let path = path()
    switch generator.below(16) {
    case 0...2:
      return attempt("mkdir") { () throws(SystemError) in
        try fileSystem.createDirectory(path)
        return "done"
      }
    case 3...5:
      let target = self.path()
      return attempt("rename \(target.dropFirst(root.count))") { () throws(SystemError) in
        try fileSystem.rename(path, to: target)
        return "done"
      }
    case 6, 7:
      return attempt("unlink") { () throws(SystemError) in
        try fileSystem.removeFile(path)
        return "done"
      }
    case 8:
      return attempt("rmdir") { () throws(SystemError) in
        try fileSystem.removeDirectory(path)
        return "done"
      }
    case 9:
      return attempt("fsync") { () throws(SystemError) in
        try fileSystem.synchronizeDirectory(path)
        return "done"
      }
    case 10, 11:
      return attempt("list") { () throws(SystemError) in
        try fileSystem.contents(ofDirectory: path).map { "\(Array($0.utf8))" }.joined()
      }
    case 12, 13:
      return attempt("status") { () throws(SystemError) in
        guard let status = try fileSystem.status(path) else { return "nothing" }
        let size = status.kind == .file ? "\(status.byteCount)" : ""
        return "\(status.kind) \(size) \(String(status.permissions, radix: 8))"
      }
    default:
      return attempt("file") { () throws(SystemError) in
        try fileSystem.readFile(path).map(String.init).joined(separator: " ")
      }
    }
  }

  private mutating func fileCall(_ fileSystem: any FileSystem) -> String {
    let index = generator.below(files.count)
    guard let file = files[index], !generator.once(in: 10) else { return open(index, fileSystem) }
    let offset = generator.pick([0, 0, 1, 500, 511, 512, 513, 4_095, 4_096, 9_000, -1])
    // A large read asks for the size first, and directories have different ones.
    let count = generator.pick([0, 1, 3, 512, 600, 5_000, offset > 0 ? 9_000 : 70_000])
    switch generator.below(12) {
    case 0...2:
      return attempt("read \(offset) \(count)") { () throws(SystemError) in
        "\(crc32c(try file.read(at: offset, count: count)))"
      }
    case 3...6:
      let value = UInt8(truncatingIfNeeded: generator.next())
      return attempt("write \(offset) \(count)") { () throws(SystemError) in
        try file.write([UInt8](repeating: value, count: count), at: offset)
        return "done"
      }
    case 7:
      return attempt("truncate \(offset)") { () throws(SystemError) in
        try file.truncate(to: offset)
        return "done"
      }
    case 8:
      return attempt("reserve \(offset)") { () throws(SystemError) in
        try file.reserve(byteCount: offset)
        return "done"
      }
    case 9: return attempt("lock") { () throws(SystemError) in "\(try file.tryLock())" }
    case 10:
      if generator.once(in: 4) {
        return attempt("fdatasync") { () throws(SystemError) in
          try file.synchronize()
          return "done"
        }
      }
      file.close()
      return "close"
    default:
      return attempt("size") { () throws(SystemError) in
        let size = try file.size()
        let isDirectory = (try? file.read(at: 0, count: 1)) == nil
        return isDirectory ? "of a directory" : "\(size)"
      }
    }
  }

  private mutating func open(_ index: Int, _ fileSystem: any FileSystem) -> String {
    let path = path()
    let mode = generator.pick([OpenMode.read, .readWrite, .createNew, .openOrCreate])
    let permissions = generator.pick([0o600, 0o400, 0o644] as [UInt16])
    files[index] = nil
    var opened: (any File)?
    let outcome = attempt("open \(mode)") { () throws(SystemError) in
      opened = try fileSystem.open(path, mode, permissions: permissions)
      return "done"
    }
    files[index] = opened
    return "\(outcome) \(path.dropFirst(root.count).prefix(20))"
  }
}
