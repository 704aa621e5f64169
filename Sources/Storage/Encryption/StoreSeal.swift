package import Causality
package import Platform

/// Seals a store with its key: nobody without it can read anything, change it, or put a piece of the store in
/// another's place, or in that of another store.
package struct StoreSeal: Seal {
  /// Of this encryption of the store: sealed anew, the store has another one.
  package let id: UniqueID
  let key: SealingKey
  private let names: NameKey

  /// - Returns: nil if the key is forgotten.
  package init?(id: UniqueID, key: SealingKey, _ cryptography: Cryptography) {
    guard let names = key.derived(Array("satchel names 1".utf8)) else { return nil }
    self.id = id
    self.key = key
    self.names = NameKey(SecretBytes(names), cryptography)
  }

  /// Overwrites the keys in memory. From then on nothing can be read or written with this seal.
  package func forget() {
    key.forget()
    names.forget()
  }

  package var overhead: Int { SealingKey.overhead }
  package var fileSuffix: String { ".sealed" }
  package var isSecret: Bool { true }

  package func sealed(
    _ content: [UInt8], as piece: SealedPiece
  ) throws(StorageError) -> [UInt8] {
    if let bytes = key.sealed(content, companion: companion(of: piece)) { return bytes }
    throw StorageError(
      .system, path: "", problem: "the store is locked, or memory is lacking: nothing was written")
  }

  package func opened(_ bytes: [UInt8], as piece: SealedPiece) -> [UInt8]? {
    key.opened(bytes, companion: companion(of: piece))
  }

  package func hidden(_ id: UniqueID) -> UniqueID? {
    names.hidden(id.bytes).flatMap { UniqueID(bytes: $0) }
  }

  package func shown(_ id: UniqueID) -> UniqueID? {
    names.shown(id.bytes).flatMap { UniqueID(bytes: $0) }
  }

  /// Which piece of which store it is: the id, a number for the kind, then its place in fixed sizes, and a
  /// file's name at the end.
  private func companion(of piece: SealedPiece) -> [UInt8] {
    var bytes = id.bytes
    switch piece {
    case .file(let name):
      bytes.append(1)
      bytes += name.utf8
    case .frame(let segment, let salt, let sequence):
      bytes.append(2)
      bytes.appendLittleEndian(segment)
      bytes.appendLittleEndian(salt)
      bytes.appendLittleEndian(sequence)
    case .arrival(let number, let file):
      bytes.append(3)
      bytes.appendLittleEndian(number)
      bytes.appendLittleEndian(file)
    case .journal(let place, let file):
      bytes.append(4)
      bytes.appendLittleEndian(UInt64(place))
      bytes.appendLittleEndian(file)
    case .page(let number, let file):
      bytes.append(5)
      bytes.appendLittleEndian(UInt64(number))
      bytes += file.utf8
    }
    return bytes
  }
}
