import Clinic
package import Platform
package import Replica

/// Why the server did not do what its operator or a client asked. Nothing has changed then.
package enum ServerError: Error, Sendable, CustomStringConvertible {
  case system(SystemError)
  case replica(ReplicaError)
  /// The registry cannot be read.
  case corrupt(path: String)
  /// Another process owns the data directory.
  case locked(path: String)
  case notFound(String)
  case refused(String)
  /// An enrolment code that nobody was given, or that is used or over.
  case wrongCode
  /// What was typed cannot be understood.
  case usage(String)

  /// A field that cannot be as it is.
  static func invalid(_ type: String, _ field: String, _ problem: String) -> ServerError {
    .replica(.invalid(type: type, ValidationFailure([FieldProblem(field, problem)])))
  }

  /// The exit status of a program that fails by it.
  package var status: Int32 {
    if case .usage = self { 2 } else { 1 }
  }

  package var isLocked: Bool {
    if case .locked = self { true } else { false }
  }

  package var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .replica(let error): "\(error)"
    case .corrupt(let path): "\(path): cannot be read; restore it from a backup"
    case .locked(let path): "\(path): is in use by another program; try again"
    case .wrongCode:
      "the code is wrong, used or expired; ask an administrator for a new one"
    case .notFound(let message), .refused(let message), .usage(let message): message
    }
  }
}

func onSystem<Result>(
  _ operation: () throws(SystemError) -> Result
) throws(ServerError) -> Result {
  do { return try operation() } catch { throw .system(error) }
}

func onReplica<Result>(
  _ operation: () throws(ReplicaError) -> Result
) throws(ServerError) -> Result {
  do { return try operation() } catch { throw .replica(error) }
}
