import Platform

/// Files of real size, which are no part of the repository: `SATCHEL_TEST_DATA` names their folder,
/// else they are looked for beside the package. Tests that need them are skipped without them.
package enum TestData {
  package static let folder: String? = {
    if let folder = Host.environment("SATCHEL_TEST_DATA") { return folder }
    let parts = #filePath.split(separator: "/").dropLast(3)
    let beside = "/" + parts.joined(separator: "/") + "/../shared/data"
    let isThere = (try? POSIXFileSystem().status(beside)) != nil
    return isThere ? beside : nil
  }()

  package static func bytes(_ path: String) throws -> [UInt8] {
    try POSIXFileSystem().readFile("\(folder ?? ".")/\(path)")
  }
}
