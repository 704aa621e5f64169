import Platform
import Simulation
import Testing

/// Paths of files and contents, as short as tests need them.
extension FileSystem {
  /// Makes a file with some bytes; nothing is durable.
  @discardableResult
  func make(_ path: String, _ bytes: [UInt8] = []) throws -> any File {
    let file = try open(path, .createNew)
    try file.write(bytes, at: 0)
    return file
  }

  /// Makes a file; bytes and name are durable.
  @discardableResult
  func makeDurable(_ path: String, _ bytes: [UInt8] = []) throws -> any File {
    let file = try make(path, bytes)
    try file.synchronize()
    try synchronizeDirectory(parentDirectory(of: path))
    return file
  }

  /// All bytes of a file; nil if there is none.
  func bytes(_ path: String) throws -> [UInt8]? {
    try status(path) == nil ? nil : readFile(path)
  }
}

/// So many bytes of one value.
func block(_ value: UInt8, _ count: Int = 512) -> [UInt8] {
  [UInt8](repeating: value, count: count)
}

/// The fates that leave nothing to chance, and many that do.
let manyFates: [Fate] =
  [.nothingSurvives, .everythingSurvives, .namesSurvive, .contentSurvives]
  + (0..<60).map { Fate.seeded($0) }
