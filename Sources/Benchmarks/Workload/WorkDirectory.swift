import Platform
import Synchronization

/// A directory of its own for everything that a run of measures writes. Nothing in it is removed
/// before the end: removing many files slows down those that are made after them.
final class WorkDirectory: Sendable {
  let root: String
  private let fileSystem: any FileSystem
  private let count = Mutex(0)

  /// - Parameter root: a directory that is there, with nothing in it.
  init(root: String, fileSystem: any FileSystem) {
    self.root = root
    self.fileSystem = fileSystem
  }

  /// Makes it below a directory that a disk holds.
  convenience init(below parent: String, fileSystem: POSIXFileSystem) throws(BenchmarkError) {
    let root = "\(parent)/satchel-bench-\(Host.processID)"
    let isInMemory: Bool
    do {
      isInMemory = try fileSystem.isInMemory(parent)
      if !isInMemory { try fileSystem.createDirectory(root) }
    } catch {
      throw BenchmarkError("\(error)")
    }
    if isInMemory {
      throw BenchmarkError("\(parent) is in memory (tmpfs); --dir DIR names one on a disk")
    }
    self.init(root: root, fileSystem: fileSystem)
  }

  /// A path that nothing has yet.
  func newPath(_ name: String) -> String {
    let number = count.withLock { count in
      count += 1
      return count
    }
    return "\(root)/\(number)-\(name)"
  }

  /// Removes everything; whoever still writes here fails from now on.
  func remove() throws(SystemError) {
    let removed = root + ".removed"
    if try fileSystem.status(root) != nil { try fileSystem.rename(root, to: removed) }
    guard try fileSystem.status(removed) != nil else { return }
    removeByThreads(try directories(below: removed, depth: Self.partDepth))
    try fileSystem.removeTree(removed)
  }

  /// How far below the root the directories are that hold most files: `N-store/documents/patients/3f`.
  private static let partDepth = 4
  /// A thread that removes files waits for the disk most of the time.
  private static let removingThreadCount = 4

  private func directories(below path: String, depth: Int) throws(SystemError) -> [String] {
    var found: [String] = []
    for name in try fileSystem.contents(ofDirectory: path) {
      let child = "\(path)/\(name)"
      guard try fileSystem.status(child)?.kind == .directory else { continue }
      found += depth > 1 ? try directories(below: child, depth: depth - 1) : [child]
    }
    return found.isEmpty ? [path] : found
  }

  /// Removes trees; what could not be removed is left.
  private func removeByThreads(_ trees: [String]) {
    let next = Mutex(trees[...])
    let threads = (0..<Self.removingThreadCount).compactMap { _ in
      try? SystemThread { [fileSystem] in
        while let tree = next.withLock({ $0.popFirst() }) { try? fileSystem.removeTree(tree) }
      }
    }
    for thread in threads { thread.join() }
  }
}

/// Why nothing can be measured at all.
struct BenchmarkError: Error, Sendable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
