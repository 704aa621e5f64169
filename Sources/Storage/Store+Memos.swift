import Platform

/// Small files beside the store that programs can do without.
package enum Memo: String, Sendable, CaseIterable {
  /// How the last sync went.
  case sync = "sync.json"
  /// Where the scrub stands.
  case scrub = "scrub.json"
  /// Who may use the store, and who does.
  case people = "people.json"
  /// Where the audit goes on.
  case audit = "audit.json"
}

extension Store {
  /// What was remembered; nil if nothing was, or if it cannot be read.
  package func recall(_ memo: Memo) -> [UInt8]? {
    guard let bytes = try? environment.fileSystem.readFile(layout.memo(memo)) else { return nil }
    return environment.seal.opened(bytes, as: .file(memo.rawValue))
  }

  /// Whether something was remembered, whatever has become of it.
  package func hasMemo(_ memo: Memo) -> Bool {
    (try? environment.fileSystem.status(layout.memo(memo))) != nil
  }

  /// Without a sync: after a power cut an older memo may stand there.
  package func remember(_ memo: Memo, _ bytes: [UInt8]) throws(StorageError) {
    let sealed = try environment.seal.sealed(bytes, as: .file(memo.rawValue))
    let path = layout.memo(memo)
    try translated { () throws(SystemError) in
      let temporary = path + temporaryFileSuffix
      let file = try environment.fileSystem.open(temporary, .openOrCreate)
      defer { file.close() }
      try file.truncate(to: 0)
      try file.write(sealed, at: 0)
      try environment.fileSystem.rename(temporary, to: path)
    }
  }
}
