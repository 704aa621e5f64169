package import Platform

/// Why the store could not do what was asked. Nothing that was acknowledged is lost by any of them.
package struct StorageError: Error, Sendable, CustomStringConvertible {
  package enum Code: Sendable, Equatable {
    /// The directory holds no store.
    case noStore
    /// There is a store already.
    case exists
    /// The store was given up by order of an administrator: it is being wiped, or has been.
    case wiped
    /// Another process owns the store: speak to it through the control socket, or wait.
    case locked
    /// The store is encrypted, and its key was not given, or a wrong one: ask for the passphrase.
    case sealed
    /// Written by a newer program: use that, nothing was touched.
    case newerFormat
    /// Bytes that were durable have changed or are gone: `verify` says where.
    case corrupt
    /// The store is on a file system that cannot be written: it is open for reading.
    case readOnly
    /// A sync failed: nothing more is acknowledged until the store is opened again.
    case poisoned
    /// The system refused an operation; the store is as it was before.
    case system
  }

  package let code: Code
  /// The file or directory.
  package let path: String
  /// The place in the file where it was found, in bytes.
  package let offset: Int?
  /// What is wrong, in words.
  package let problem: String
  package let underlying: SystemError?

  package init(
    _ code: Code, path: String, offset: Int? = nil, problem: String,
    underlying: SystemError? = nil
  ) {
    self.code = code
    self.path = path
    self.offset = offset
    self.problem = problem
    self.underlying = underlying
  }

  init(_ error: SystemError) {
    self.init(.system, path: error.path, problem: error.description, underlying: error)
  }

  package var description: String {
    if code == .system { return problem }
    let place = offset.map { " at byte \($0)" } ?? ""
    return "\(path)\(place): \(problem)"
  }
}

/// Runs an operation of the system and says what failed in the store's terms.
func translated<Result>(
  _ operation: () throws(SystemError) -> Result
) throws(StorageError) -> Result {
  do { return try operation() } catch { throw StorageError(error) }
}
