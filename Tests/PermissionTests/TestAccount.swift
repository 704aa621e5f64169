import API
import Causality
import Clinic
import Documents
import JSON
import Platform
import Replica

@testable import Server

/// An account with a document of each type and a user of each role.
final class TestAccount {
  static let password = "correct horse battery"

  let data: ServerData
  let replica: Replica
  /// With which all its ids begin, and which its texts hold.
  let mark: String
  private let base: UInt64
  /// By the name of the type: documents that requests name, and leave as they are.
  private(set) var standing: [String: String] = [:]
  private(set) var users: [Role: CredentialRecord] = [:]
  private let passwordHash: String
  private var count: UInt64 = 0

  init(_ data: ServerData, mark: UInt32) throws {
    self.data = data
    self.mark = String(mark, radix: 16)
    base = UInt64(mark) << 32 | 0x4000
    let account = UniqueID(high: base, low: 1 << 63)
    _ = try data.createAccount(name: "Clinic \(self.mark)", id: account)
    replica = try data.replica(of: account)
    try replica.setRecovery(isOpen: false)
    passwordHash = try data.hashed(Self.password)
    standing["account"] = account.description
    for role in Role.allCases { users[role] = try user(role) }
    try fill()
  }

  private func fill() throws {
    for type in ["account_settings", "clinic", "user", "doctor"] {
      standing[type] = try make(type)
    }
    let patient = users[.patient]?.user.description ?? ""
    standing["patient"] = try make("patient", ["user_id": .string(patient)])
    standing["invite"] = try invite(to: standing["patient"] ?? "").id
    standing["another patient"] = try make("patient")
    standing["invite of another patient"] = try invite(to: standing["another patient"] ?? "").id
    for type in [
      "appointment", "cancellation", "recurring_availability", "availability_override",
      "intake_form", "ai_intake_summary", "chat_session", "chat_question", "chat_answer",
      "eligibility_result", "lab_order", "lab_result",
    ] { standing[type] = try make(type) }
    standing["review item"] = try reviewItem()
    standing["device"] = try device().id.description
    standing["login"] = users[.owner]?.user.description
    standing["e-mail address"] = users[.owner]?.email
  }

  func newID() -> UniqueID {
    count += 1
    return UniqueID(high: base, low: 1 << 63 | count)
  }

  // MARK: - Documents

  /// Fields of a new document, which refer to the standing ones.
  func fields(_ type: String) -> JSONObject {
    count += 1
    var fields = Samples.fields(type, number: Int(count), mark: mark)
    for field in Catalogue.standard.type(named: type)?.fields ?? [] where field.isRequired {
      guard case .reference(let type, _) = field.kind else { continue }
      fields[field.name] = standing[type].map(JSONValue.string)
    }
    if type == "appointment" { fields["doctor_id"] = standing["doctor"].map(JSONValue.string) }
    if type == "intake_form" {
      fields["appointment_id"] = standing["appointment"].map(JSONValue.string)
    }
    return fields
  }

  func make(_ type: String, _ more: JSONObject = [:]) throws -> String {
    let id = newID().description
    var fields = fields(type)
    fields["id"] = .string(id)
    for member in more.members { fields[member.key] = member.value }
    _ = try replica.transact { (transaction) throws(ReplicaError) in
      try replica.make(fields, type: type, in: &transaction)
    }
    return id
  }

  func invite(to patient: String) throws -> (id: String, token: String) {
    let issued = try replica.createInvite(
      patient: UniqueID(patient) ?? newID(), InviteTerms())
    return (issued.invite.id.description, issued.token)
  }

  func mergedPatient() throws -> String {
    let (patient, other) = (try key(try make("patient")), try key(try make("patient")))
    try replica.merge(patient, into: other)
    return patient.id.description
  }

  private func key(_ patient: String) throws -> DocumentKey {
    DocumentKey(type: "patient", id: UniqueID(patient) ?? newID())
  }

  /// Of two patients who may be one.
  func reviewItem() throws -> String {
    let name = "Twin \(mark) \(count)"
    let twins = try (0..<2).map { _ in
      try key(try make("patient", ["last_name": .string(name), "date_of_birth": "1970-01-01"]))
    }
    return try replica.reviewItems().first { $0.documents.contains(twins[0]) }?.id ?? "none"
  }

  // MARK: - What the server keeps

  /// Somebody who can log in.
  func user(_ role: Role) throws -> CredentialRecord {
    let id = try make("user", ["role": .string(role.rawValue)])
    return try credential(id)
  }

  /// Somebody who may set a password with the token.
  func invitedUser(_ token: String) throws -> CredentialRecord {
    let id = try make("user", ["status": "invited"])
    return try credential(id, invitation: token)
  }

  private func credential(_ id: String, invitation: String? = nil) throws -> CredentialRecord {
    let key = DocumentKey(type: "user", id: UniqueID(id) ?? newID())
    let email = try replica.document(key).flatMap { replica.view($0)["email"]?.stringValue }
    var record = CredentialRecord(
      user: key.id, account: replica.account, email: ClinicIndex.emailKey(email ?? ""),
      passwordHash: passwordHash, isDisabled: false)
    record.invitation = invitation.map {
      .init(hash: data.tokenHash($0), expiresAt: data.setup.world.clock.now() + 3_600_000)
    }
    let made = record
    try data.update { (registry) throws(ServerError) in registry.credentials.append(made) }
    return made
  }

  func device(of user: UniqueID? = nil) throws -> DeviceRecord {
    let record = DeviceRecord(
      id: newID(), account: replica.account, user: user ?? users[.owner]?.user ?? newID(),
      name: "laptop \(mark)", replicas: [newID()],
      credentials: DeviceCredentials(family: newID()), enrolledAt: data.setup.world.clock.now())
    try data.update { (registry) throws(ServerError) in registry.devices.append(record) }
    return record
  }

  /// All that the server keeps of it.
  var records: Registry {
    data.read { registry in
      var own = Registry()
      own.accounts = registry.accounts.filter { $0.id == replica.account }
      own.credentials = registry.credentials.filter { $0.account == replica.account }
      own.devices = registry.devices.filter { $0.account == replica.account }
      own.codes = registry.codes.filter { $0.account == replica.account }
      return own
    }
  }
}
