import Glibc

/// A directory that goes away with the value, with all in it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/http-XXXXXX".utf8CString)
    path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp/missing"
  }

  deinit { Self.removeTree(path) }

  private static func removeTree(_ path: String) {
    guard remove(path) != 0, let directory = opendir(path) else { return }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    closedir(directory)
    for name in names { removeTree(path + "/" + name) }
    remove(path)
  }

  /// A path in a new subdirectory, of exactly so many bytes.
  func path(ofByteCount count: Int, name: String) -> String {
    let padding = count - path.utf8.count - name.utf8.count - 2
    let directory = path + "/" + String(repeating: "d", count: padding)
    mkdir(directory, 0o700)
    return directory + "/" + name
  }
}
