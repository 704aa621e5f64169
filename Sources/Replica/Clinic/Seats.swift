package import Documents
package import JSON

/// How many users an account may have: decided where users are made, at the server.
extension Replica {
  /// - Parameters:
  ///   - own: the user's document, if it is there already.
  ///   - fields: of the user. Patients need no seat.
  /// - Throws: `conflict` if the account has as many users as it may have.
  package func requireSeat(
    besides own: DocumentKey?, for fields: JSONObject, in transaction: LocalTransaction
  ) throws(ReplicaError) {
    let account = try transaction.living(DocumentKey(type: "account", id: self.account))
    let most = account.flatMap { transaction.fields($0)["max_users"]?.intValue }
    guard let most, Self.needsSeat(fields) else { return }
    let others = try transaction.living(among: transaction.documents(ofType: "user"))
      .filter { $0.key != own && Self.needsSeat(transaction.fields($0)) }
    guard others.count >= most else { return }
    throw .conflict(
      "the account may have \(most) users, and has \(others.count): max_users of the account says so"
    )
  }

  private static func needsSeat(_ user: JSONObject) -> Bool {
    user["role"]?.stringValue != "patient"
      && !["inactive", "suspended"].contains(user["status"]?.stringValue ?? "active")
  }
}
