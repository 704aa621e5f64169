import JSON
import Platform

/// A directory of backups: `backup.json` names the one that counts, in a directory of its own, so that
/// there is always a complete one. What is in it is a store but for its identity, which is kept under
/// another name: nobody opens it by mistake and writes as the store that it was taken from.
struct BackupLayout {
  let root: String
  let seal: any Seal

  /// Names the backup that counts.
  var current: String { "\(root)/backup.json" }

  func generation(_ number: Int) -> String { "\(root)/\(number)" }

  func store(_ number: Int) -> StoreLayout { StoreLayout(root: generation(number), seal: seal) }

  /// What `store.json` is in a store.
  func identity(_ number: Int) -> String { "\(generation(number))/identity.json" }

  /// The backup that counts; nil if there is none.
  ///
  /// - Throws: `corrupt` if the directory holds something else.
  func currentNumber(_ fileSystem: any FileSystem) throws(StorageError) -> Int? {
    let bytes = try translated { () throws(SystemError) -> [UInt8]? in
      guard try fileSystem.status(current) != nil else { return nil }
      return try fileSystem.readFile(current)
    }
    guard let bytes else { return nil }
    guard let number = (try? JSONValue(parsing: bytes))?.objectValue?["generation"]?.intValue,
      number > 0
    else { throw StorageError(.corrupt, path: current, problem: "names no backup") }
    return number
  }

  func setCurrent(_ number: Int, _ fileSystem: any FileSystem) throws(StorageError) {
    let value: JSONValue = ["generation": .int(number)]
    try translated { () throws(SystemError) in
      try fileSystem.writeFileDurably(current, value.prettyBytes() + [UInt8(ascii: "\n")])
    }
  }
}
