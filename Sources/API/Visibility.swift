import Causality
import Clinic
import Documents
import JSON
import Replica

/// What of an account a caller may see and write (INTERFACE, roles).
struct Visibility: Sendable {
  /// How much clinicians see: the account's setting `clinicians_see`.
  enum Reach: String, Sendable { case own, clinic, account }

  let caller: Caller
  private let reach: Reach
  private let officeStaffEditsPatients: Bool
  /// The caller's clinic, if he has one.
  private let clinic: UniqueID?

  /// What holds for the one who calls, as the documents say now.
  init(_ call: APICall) throws(APIError) {
    self = try call.known.visibility(of: call.caller, call.replica) { () throws(APIError) in
      try Visibility(reading: call)
    }
  }

  private init(reading call: APICall) throws(APIError) {
    caller = call.caller
    let settings = try answering { () throws(ReplicaError) in
      try call.replica.list(ListQuery(type: "account_settings")).first
    }
    reach = settings?["clinicians_see"]?.stringValue.flatMap(Reach.init) ?? .account
    officeStaffEditsPatients = settings?["office_staff_edit_patients"]?.boolValue ?? true
    clinic = try Self.clinic(of: call.caller, call.replica)
  }

  private static func clinic(
    of caller: Caller, _ replica: Replica
  ) throws(APIError) -> UniqueID? {
    guard let user = caller.user else { return nil }
    let document = try answering { () throws(ReplicaError) in
      try replica.document(DocumentKey(type: "user", id: user))
    }
    return document.flatMap { replica.view($0)["clinic_id"]?.stringValue }.flatMap { UniqueID($0) }
  }

  // MARK: - Seeing

  /// Whether a role lists documents of a type at all.
  func requireReadable(_ type: String) throws(APIError) {
    if isReadable(type) { return }
    throw .forbidden(
      caller.role.isStaff
        ? "\(type) documents are for administrators" : "patients see their own record and invites")
  }

  /// Whether the caller's role lists documents of a type.
  func isReadable(_ type: String) -> Bool { caller.role.reads(type) }

  /// The roles that list documents of a type.
  static func readers(of type: String) -> [Role] {
    Role.allCases.filter { $0.reads(type) }
  }

  /// Whether the caller may see a document; nil if he may see all that he may list.
  var filter: Replica.Visibility? {
    let isLimited =
      caller.role == .patient || caller.role == .clinician && reach != .account
    guard isLimited else { return nil }
    return { clinic, document in includes(document, clinic) }
  }

  /// Whether the caller may see a document.
  func includes(_ document: Document, _ clinic: MergedClinic) -> Bool {
    if caller.role.isAdministrator { return true }
    let fields = clinic.subject(document).fields
    if caller.role == .patient { return isOwn(document.key, fields, clinic) }
    guard caller.role == .clinician, reach != .account else { return true }
    return isWithinReach(document.key, fields, clinic)
  }

  private func isOwn(_ key: DocumentKey, _ fields: JSONObject, _ clinic: MergedClinic) -> Bool {
    guard let user = caller.user else { return false }
    switch key.type {
    case "user": return key.id == user
    case "patient": return fields.names(user, in: "user_id")
    case "invite": return patient(of: fields, clinic)?.names(user, in: "user_id") ?? false
    default: return false
    }
  }

  private func isWithinReach(
    _ key: DocumentKey, _ fields: JSONObject, _ clinic: MergedClinic
  ) -> Bool {
    if key.type == "patient" { return hasInReach(fields) }
    let concernsPatients = clinic.catalogue.type(named: key.type)?.field(named: "patient_id") != nil
    guard concernsPatients else { return true }
    if hasInReach(fields) { return true }
    return patient(of: fields, clinic).map(hasInReach) ?? false
  }

  /// Whether a document is the caller's own, or of his clinic where that is enough.
  private func hasInReach(_ fields: JSONObject) -> Bool {
    if let user = caller.user, fields.names(user, in: "clinician_id") { return true }
    guard reach == .clinic, let clinic else { return false }
    return fields.names(clinic, in: "clinic_id")
  }

  private func patient(of fields: JSONObject, _ clinic: MergedClinic) -> JSONObject? {
    fields["patient_id"]?.stringValue.flatMap { UniqueID($0) }
      .flatMap { clinic.subject(DocumentKey(type: "patient", id: $0))?.fields }
  }

  // MARK: - Writing

  /// - Throws: 403 if the caller may not write documents of a type.
  func requireWritable(_ type: String) throws(APIError) {
    if !caller.role.isStaff { throw .forbidden("patients do not write documents") }
    guard Self.writers(of: type).contains(caller.role) else {
      throw .forbidden(
        type == "account"
          ? "whoever runs the server changes accounts" : "only administrators write a \(type)")
    }
    if type == "patient", caller.role == .officeStaff, !officeStaffEditsPatients {
      throw .forbidden("office staff do not edit patients in this account")
    }
  }

  /// The roles that write documents of a type.
  static func writers(of type: String) -> [Role] {
    Role.allCases.filter { $0.writes(type) }
  }

  /// - Throws: 403 if a document would give somebody more rights than the caller has.
  func requireAllowed(_ input: JSONObject, _ type: String) throws(APIError) {
    guard type == "user", caller.role != .superAdmin,
      input["role"]?.stringValue == Role.superAdmin.rawValue
    else { return }
    throw .forbidden("only a super_admin makes another")
  }

  /// - Throws: 403 for somebody with more rights than the caller: with another address his login would be the
  ///   caller's.
  func requireChangeable(_ document: Document, in replica: Replica) throws(APIError) {
    guard document.key.type == "user", caller.role != .superAdmin,
      replica.view(document)["role"]?.stringValue == Role.superAdmin.rawValue
    else { return }
    throw .forbidden("only a super_admin changes another")
  }
}

extension JSONObject {
  /// Whether a reference names a document.
  fileprivate func names(_ id: UniqueID, in field: String) -> Bool {
    self[field]?.stringValue.flatMap { UniqueID($0) } == id
  }
}
