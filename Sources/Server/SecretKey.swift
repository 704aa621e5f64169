import Causality
import Documents
import Platform
import Replica

/// A key of 256 random bits in a file of its own, which only the server's user can read.
struct SecretKey {
  private static let byteCount = 32

  let path: String
  let setup: ReplicaSetup

  init(path: String, _ setup: ReplicaSetup) { (self.path, self.setup) = (path, setup) }

  /// The key, made the first time. Durable on return.
  func bytes() throws(ServerError) -> [UInt8] {
    try onSystem { () throws(SystemError) in
      if try setup.fileSystem.status(path) != nil {
        return try setup.fileSystem.readFile(path)
      }
      let key = newKey()
      try setup.fileSystem.writeFileDurably(path, key)
      return key
    }
  }

  /// Hexadecimal digits, so that the file can be looked at.
  func newKey() -> [UInt8] {
    Array(HexText.text(setup.world.random.bytes(Self.byteCount)).utf8)
  }
}
