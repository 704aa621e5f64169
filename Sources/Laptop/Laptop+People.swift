package import Causality
import Platform
package import Replica

extension Laptop {
  /// Lets a person in: by what is known here, else by what the server says.
  ///
  /// - Parameter email: nil for who was here last.
  /// - Throws: `conflict` for a wrong password, and if only the server could tell and cannot be reached.
  package func logIn(_ email: String?, _ password: String) throws(ReplicaError) -> Person {
    guard let email = email ?? replica.people.last?.email else {
      throw .conflict("nobody has logged in here before: satchel login EMAIL")
    }
    let cryptography: Cryptography
    do { cryptography = try Cryptography.load() } catch { throw .conflict("\(error)") }
    switch replica.people.logIn(email, password, cryptography, at: replica.now()) {
    case .right(let person, let key):
      try replica.letOpen(person, by: key)
      noteLogin(person)
      return person
    case .tooOften(let wait):
      noteFailure()
      throw .conflict("too many wrong passwords: try again in \(wait / 60_000 + 1) minutes")
    // It may be another one since.
    case .wrong: return try logInAtServer(email, password, cryptography, otherwise: Self.wrong)
    case .unknown(let isOverdue):
      return try logInAtServer(
        email, password, cryptography,
        otherwise: isOverdue
          ? "the server was not heard of for a week, so only it can let anybody in again; everything that was "
            + "written here is kept"
          : "\(email) has not logged in on this laptop yet: the server must be reached for that once"
      )
    }
  }

  private static let wrong = "the e-mail address or the password is wrong"

  /// - Parameter reason: what is said if the server cannot be reached.
  private func logInAtServer(
    _ email: String, _ password: String, _ cryptography: Cryptography, otherwise reason: String
  ) throws(ReplicaError) -> Person {
    let found: Person?
    do throws(ReplicaError) { found = try person(email: email, password: password) } catch {
      switch error {
      case .unreachable, .notEnrolled:
        if reason == Self.wrong { noteFailure() }
        throw .conflict(reason)
      default: throw error
      }
    }
    guard let found else {
      noteFailure()
      throw .conflict(Self.wrong)
    }
    if let key = found.verifier.key(by: password, cryptography) {
      try replica.letOpen(found, by: key)
    }
    replica.people.add(found, at: replica.now())
    noteLogin(found)
    return found
  }

  private func noteLogin(_ person: Person) {
    replica.audit.note(LocalAudit.Entry("login", user: person.user), at: replica.now())
  }

  private func noteFailure() {
    replica.audit.note(LocalAudit.Entry("login_failed"), at: replica.now())
  }

  /// From now on only the server can let a person in here.
  package func forget(_ user: UniqueID) throws(ReplicaError) {
    try replica.letOpenNoMore(replica.people.forget(user))
  }
}
