import Documents
import JSON
import Platform

/// What the owner of a store leaves in `LOCK` when it closes the store: the last record that it knows
/// to be durable. It is written without a sync: after a power cut an older one may stand there, and
/// then less is known; never one that is ahead of what was durable.
struct CleanClose {
  /// The sequence number of the last durable frame.
  let sequence: UInt64
  /// The boot of the machine in which the store was closed; empty if not known. While that goes on,
  /// no power cut can have brought back what stood in the file before.
  let boot: String

  private static let maximumByteCount = 128

  /// Nil if nothing is known.
  static func read(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) -> CleanClose? {
    let bytes = try translated { () throws(SystemError) -> [UInt8] in
      guard try fileSystem.status(layout.lock) != nil else { return [] }
      return try fileSystem.readFile(layout.lock, maximumByteCount: maximumByteCount)
    }
    guard let value = (try? JSONValue(parsing: bytes))?.objectValue,
      let sequence = value["sequence"]?.intValue, sequence >= 0
    else { return nil }
    return CleanClose(
      sequence: UInt64(sequence), boot: value["boot"]?.stringValue ?? "")
  }

  /// Leaves it in the file that is the store's lock.
  func write(to lock: any File) throws(SystemError) {
    let value: JSONValue = [
      "sequence": .number(JSONNumber(sequence)), "boot": .string(boot),
    ]
    try lock.truncate(to: 0)
    try lock.write(value.bytes, at: 0)
  }
}
