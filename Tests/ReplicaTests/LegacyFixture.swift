import Causality
import Clinic
import Documents
import JSON
import Testing

@testable import Replica

/// A clinic with a clinician and somebody who has accepted, and files of the earlier system's invites.
struct LegacyFixture {
  static let header =
    "id,patient_id,email,first_name,last_name,token,provider_id,status,created_at,expires_at,"
    + "completed_at,user_id\n"

  let clinic: TestClinic
  let clinician = UniqueID(high: 0xc11, low: 1)
  let user = UniqueID(high: 0x75e7, low: 2)

  init() throws {
    clinic = try TestClinic()
    try clinic.put(
      "user", clinician,
      ["name": "Dr. Ek", "email": "ek@example.org", "role": "clinician", "status": "active"])
    try clinic.put(
      "user", user,
      ["name": "Ana Lima", "email": "a.l@example.org", "role": "patient", "status": "active"])
  }

  /// - Parameters: `created` and `expires` are days of March 2026; the clinic's clock stands on the 2nd.
  func row(
    _ id: String, _ email: String, _ first: String, _ last: String, status: String = "pending",
    created: Int = 1, expires: Int = 15, clinician: String? = nil, user: String = "",
    completed: String = ""
  ) -> String {
    let provider = clinician ?? self.clinician.description
    let day = { (day: Int) in "2026-03-\(day < 10 ? "0" : "")\(day) 08:00:00" }
    return
      "\(id),,\(email),\(first),\(last),token-\(id),\(provider),\(status),\(day(created)),"
      + "\(day(expires)),\(completed),\(user)\n"
  }

  @discardableResult
  func run(
    _ rows: String..., chats: String? = nil, isDryRun: Bool = false
  ) throws -> LegacyReport {
    let file = Self.header + rows.joined()
    return try clinic.replica.importLegacyInvites(
      Array(file.utf8), chats: chats.map { Array($0.utf8) }, isDryRun: isDryRun)
  }

  /// The fields of the invite that a file calls so.
  func invite(_ id: String) -> JSONObject {
    LegacyInvite.id(sourceID: id, ids).map { clinic.fields("invite", $0) } ?? JSONObject()
  }

  func patient(of invite: String) -> JSONObject {
    self.invite(invite).reference("patient_id").map { clinic.fields("patient", $0) }
      ?? JSONObject()
  }

  var ids: StableID {
    StableID(account: TestClinic.account, functions: clinic.replica.world.clinic)
  }
}

extension TestClinic {
  /// Writes a document as a server would.
  func put(_ type: String, _ id: UniqueID, _ fields: JSONObject) throws {
    try replica.transact { (transaction) throws(ReplicaError) in
      _ = try transaction.set(DocumentKey(type: type, id: id), to: fields)
    }
  }
}
