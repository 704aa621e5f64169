import Documents

/// What is found to be damaged while a store is read.
struct Damage {
  /// Whether reading goes on with what is whole; else the first damage is thrown.
  let isTolerated: Bool
  private(set) var errors: [StorageError] = []
  /// Whether transactions that had been saved cannot be read any more.
  var hasLostTransactions = false
  /// Files of documents that cannot be read, with the documents.
  private(set) var files: [(path: String, key: DocumentKey?)] = []

  init(isTolerated: Bool) { self.isTolerated = isTolerated }

  /// - Throws: the error itself, unless it is damage and damage is tolerated.
  mutating func note(_ error: StorageError) throws(StorageError) {
    guard isTolerated, error.code == .corrupt else { throw error }
    errors.append(error)
  }

  mutating func note(_ error: StorageError, file: String, of key: DocumentKey?) throws(StorageError)
  {
    try note(error)
    files.append((file, key))
  }

  /// What a closure gives; nil if what it reads is damaged and that is tolerated.
  mutating func whole<Result>(
    _ body: () throws(StorageError) -> Result
  ) throws(StorageError) -> Result? {
    do { return try body() } catch {
      try note(error)
      return nil
    }
  }
}
