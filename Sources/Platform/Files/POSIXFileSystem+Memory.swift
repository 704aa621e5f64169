internal import CSystem

extension POSIXFileSystem {
  /// Whether everything on the file system that holds `path` is in memory only: what is measured
  /// there says nothing about a disk.
  package func isInMemory(_ path: String) throws(SystemError) -> Bool {
    let result = system_is_in_memory(path)
    guard result >= 0 else { throw SystemError("statfs", path, code: -result) }
    return result == 1
  }
}
