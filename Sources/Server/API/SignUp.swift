import API
import Causality
import Clinic
import Documents
import JSON
import Replica

/// Somebody who opens an account for a clinic.
struct SignUp: Sendable {
  private let email: String
  private let name: String
  private let password: String
  private let clinic: JSONObject

  static let form = Schema.object(
    [
      "email": .input("user", "email"), "password": LoginRoutes.newPassword,
      "name": .input("user", "name"), "clinic_name": .input("clinic", "name"),
    ],
    optional: [
      "clinic_type": Schema.input("clinic", "clinic_type").orBlank,
      "clinic_size": Schema.input("clinic", "clinic_size").orBlank,
      "timezone": Schema.input("clinic", "timezone").orBlank, "phone": Schema.string.orNull,
    ])

  /// - Throws: 422 if the form is not filled in.
  init(_ members: Members) throws(APIError) {
    email = try members.text("email")
    name = try members.text("name")
    password = try members.text("password")
    var clinic: JSONObject = ["name": .string(try members.text("clinic_name"))]
    for field in ["clinic_type", "clinic_size", "timezone"] {
      clinic[field] = try members.optionalText(field).map(JSONValue.string)
    }
    if let phone = try members.optionalText("phone") {
      clinic["clinic_metadata"] = ["phone": .string(phone)]
    }
    self.clinic = clinic
  }

  /// Makes the account with its clinic and its owner, in one transaction. Durable on return.
  /// - Returns: the owner.
  func open(in data: ServerData) throws(ServerError) -> CredentialRecord {
    let norm = ClinicIndex.emailKey(email)
    try data.requireFree(norm)
    let hash = try data.hashed(password)
    guard let accountName = clinic["name"] else { throw .invalid("clinic", "name", "is required") }
    let credential = { (account: UniqueID, user: UniqueID) in
      CredentialRecord(
        user: user, account: account, email: norm, passwordHash: hash, isDisabled: false)
    }
    return try data.openAccount { (replica, transaction) throws(ReplicaError) in
      let account = replica.account
      try replica.create(
        ["id": .id(account), "name": accountName], type: "account", in: &transaction)
      let place = try replica.create(clinic, type: "clinic", in: &transaction)
      let ids = StableID(account: account, functions: replica.world.clinic)
      let user = try replica.create(
        [
          "id": .id(ids.id(type: "user", key: norm)), "email": .string(email),
          "name": .string(name), "role": "owner", "status": "active", "clinic_id": .id(place.id),
        ], type: "user", in: &transaction)
      return credential(account, user.id)
    }
  }
}
