package import Clinic
package import Documents
package import Storage
package import SyncProtocol

/// Why a replica did not do what was asked; nothing has changed then.
package enum ReplicaError: Error, Sendable, CustomStringConvertible {
  case storage(StorageError)
  case notFound(type: String, name: String)
  /// The document is in the trash.
  case inTrash(DocumentKey)
  /// A document of that key is there already.
  case exists(DocumentKey)
  /// More than one document goes by that name.
  case ambiguous(name: String, candidates: [String])
  case invalid(type: String, ValidationFailure)
  /// Another document has the value of a field that only one may have; people may say that an e-mail
  /// address is shared on purpose.
  case duplicate(field: String, DocumentKey)
  /// A rule of the clinic forbids it, such as an overlapping appointment.
  case conflict(String)
  /// A file cannot be imported at all: its header or form is wrong. Lines count from 1.
  case badFile(line: Int, what: String)
  case sync(SyncRefusal)
  /// The server could not be reached, or what answered is no server.
  case unreachable(String)
  case notEnrolled

  /// Whether another process owns the store.
  package var isLocked: Bool {
    if case .storage(let error) = self { error.code == .locked } else { false }
  }

  /// A part of the document is only elsewhere: nothing can be written to what is not shown.
  static func incomplete(_ key: DocumentKey) -> ReplicaError {
    .conflict("a part of \(key) has not arrived yet: sync, then try again")
  }

  package var description: String {
    switch self {
    case .storage(let error): "\(error)"
    case .notFound(let type, let name): "no \(type) \(name)"
    case .inTrash(let key): "\(key) is in the trash; satchel restore brings it back"
    case .exists(let key): "\(key) is there already; satchel update changes it"
    case .ambiguous(let name, let candidates):
      "\(name) is ambiguous: \(candidates.joined(separator: ", "))"
    case .invalid(let type, let failure):
      failure.kind == .unknownType ? "\(failure)" : "\(type): \(failure)"
    case .duplicate(let field, let other):
      "\(field): \(other) has this \(field) already"
        + (field == "email" && other.type == "patient"
          ? "; allow_duplicate_email says that it is meant" : "")
    case .conflict(let message): message
    case .badFile(let line, let what): "line \(line): \(what)"
    case .sync(let refusal): refusal.message
    case .unreachable(let message): message
    case .notEnrolled: "this store is not enrolled at a server; satchel enroll does that"
    }
  }
}

extension ReplicaError: FromStorageError {
  package init(_ error: StorageError) { self = .storage(error) }
}

/// Runs an operation of the store and says what failed in the replica's terms.
func stored<Result>(
  _ operation: () throws(StorageError) -> Result
) throws(ReplicaError) -> Result {
  do { return try operation() } catch { throw .storage(error) }
}
