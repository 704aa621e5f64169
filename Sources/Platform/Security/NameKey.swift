internal import Synchronization

/// A key that hides names of 16 bytes behind others: each name has one other name, and nobody without the key
/// can tell which, or whether two stores name the same thing. One block of AES-256.
///
/// Safe to use from any thread.
package final class NameKey: Sendable {
  private static let nameByteCount = 16

  private let cryptography: Cryptography
  /// Nil once it is forgotten.
  private let key: Mutex<SecretBytes?>

  /// - Parameter key: 32 bytes.
  package init(_ key: SecretBytes, _ cryptography: Cryptography) {
    precondition(key.count == AuthenticatedCipher.keyByteCount, "a name key has 32 bytes")
    self.key = Mutex(key)
    self.cryptography = cryptography
  }

  /// Overwrites the key in memory; from then on no name can be hidden or shown.
  package func forget() {
    key.withLock { $0 = nil }
    cryptography.dropIdleContexts()
  }

  /// - Parameter name: 16 bytes.
  /// - Returns: nil if the key is forgotten, or libcrypto lacks memory.
  package func hidden(_ name: [UInt8]) -> [UInt8]? { run(.seal, name) }

  /// The name behind another one.
  package func shown(_ name: [UInt8]) -> [UInt8]? { run(.open, name) }

  private func run(_ direction: CipherFunctions.Direction, _ name: [UInt8]) -> [UInt8]? {
    precondition(name.count == Self.nameByteCount, "a name has 16 bytes")
    guard let key = key.withLock({ $0 }) else { return nil }
    let functions = cryptography.cipherFunctions
    var result = [UInt8](repeating: 0, count: Self.nameByteCount)
    let isDone = cryptography.blockContexts.with { context in
      key.withBytes { key in
        var count: Int32 = 0
        return functions.start(
          context.pointer, nil, nil, key.baseAddress, nil, direction.rawValue) == 1
          && functions.update(
            context.pointer, &result, &count, name, Int32(Self.nameByteCount)) == 1
          && Int(count) == Self.nameByteCount
      }
    }
    return isDone ? result : nil
  }
}
