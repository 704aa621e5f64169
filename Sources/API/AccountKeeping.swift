package import Documents
package import JSON
package import Replica

/// What a server knows of users and accounts besides their documents: passwords, and who is let in.
package protocol AccountKeeping: Sendable {
  /// Makes a user with a password, or one who is invited and gets a letter. Durable on return.
  /// - Parameter input: a document, and the member `password` or none.
  func createUser(_ input: JSONObject, in replica: Replica) throws(APIError) -> DocumentKey

  /// - Throws: 409 if a user or an account cannot be changed so.
  func requireChange(
    of key: DocumentKey, by patch: JSONObject, in replica: Replica
  ) throws(APIError)

  /// Takes over what was written to a user or an account, or that it was deleted. Durable on return.
  func noteChange(of key: DocumentKey, in replica: Replica) throws(APIError)
}
