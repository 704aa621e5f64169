import Platform

/// What the disk can do: bytes are appended to a file that is there already, each time with one write
/// and one fdatasync, and nothing else.
final class RawLog: Sendable {
  private let file: any File

  private static let chunkByteCount = 1 << 20

  /// Makes a file of zeros that stands on the disk.
  init(_ path: String, byteCount: Int, fileSystem: any FileSystem) throws {
    file = try fileSystem.open(path, .createNew)
    let zeros = [UInt8](repeating: 0, count: Self.chunkByteCount)
    for offset in stride(from: 0, to: byteCount, by: zeros.count) {
      try file.write(zeros, at: offset)
    }
    try file.synchronize()
    try fileSystem.synchronizeDirectory(parentDirectory(of: path))
  }

  func commit(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    try file.write(bytes, at: offset)
    try file.synchronize()
  }

  func close() { file.close() }
}
