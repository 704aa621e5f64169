import Causality
import Documents
import HTTP
import JSON
import Replica

/// Invites are made for a patient, and end by a call of their own.
enum InviteRoutes {
  static let routes = [
    Route("POST", "/api/generate_invite", .staff, "Invite a patient", create),
    Route("POST", "/api/bulk_invite", .staff, "Invite many patients", createMany),
    Route("POST", "/api/invites/{id}/revoke", .staff, "Revoke a pending invite", revoke),
    Route("POST", "/api/invites/{id}/resend", .staff, "Replace it by a new one", resend),
  ]

  @Sendable private static func create(_ call: APICall) throws(APIError) -> HTTPResponse {
    let members = Members(try call.body())
    let visibility = try Visibility(call)
    let shown =
      if let patient = try members.optionalID("patient_id") {
        try invite(patient, members, call, visibility)
      } else {
        try inviteByName(members, call, visibility)
      }
    var response = HTTPResponse.object(201, shown)
    if let id = shown["id"]?.stringValue {
      response.headers.append("Location", "/api/invites/\(id)")
    }
    return response
  }

  @Sendable private static func createMany(_ call: APICall) throws(APIError) -> HTTPResponse {
    let members = Members(try call.body())
    let patients = try members.list("patient_ids", most: PatientRoutes.mostAtOnce)
    let visibility = try Visibility(call)
    var results: [JSONValue] = []
    for value in patients {
      do throws(APIError) {
        guard let id = value.stringValue.flatMap({ UniqueID($0) }) else {
          throw APIError.invalid("patient_ids", "holds what is no UUID")
        }
        let shown = try invite(id, members, call, visibility)
        results.append(["patient_id": value, "invite": .object(shown)])
      } catch {
        guard error.status < 500 else { throw error }
        results.append(["patient_id": value, "error": error.value])
      }
    }
    return .json(200, ["results": .array(results)])
  }

  /// - Returns: the invite with its token, which nobody is told again.
  private static func invite(
    _ patient: UniqueID, _ members: Members, _ call: APICall, _ visibility: Visibility
  ) throws(APIError) -> JSONObject {
    let patient = try call.document(DocumentKey(type: "patient", id: patient), visibility)
    let terms = try terms(members)
    let issued = try answering { () throws(ReplicaError) in
      try call.replica.createInvite(patient: patient.key.id, terms)
    }
    return try shown(issued, call)
  }

  /// As clients of the earlier system ask: by e-mail and name alone.
  private static func inviteByName(
    _ members: Members, _ call: APICall, _ visibility: Visibility
  ) throws(APIError) -> JSONObject {
    try visibility.requireWritable("patient")
    let terms = try terms(members)
    let issued = try answering { () throws(ReplicaError) in
      try call.replica.createInvite(naming: members.object, terms) { clinic, patient in
        visibility.includes(patient, clinic)
      }
    }
    return try shown(issued, call)
  }

  private static func terms(_ members: Members) throws(APIError) -> InviteTerms {
    var terms = InviteTerms()
    terms.provider = try members.optionalID("provider_id", or: "clinician_id")
    terms.expiryDays = try members.optionalInt("expiry_days")
    terms.message = try members.optionalText("custom_message")
    terms.sendsEmail = try members.optionalFlag("send_email")
    terms.needsProvider = true
    return terms
  }

  private static func shown(_ issued: IssuedInvite, _ call: APICall) throws(APIError) -> JSONObject
  {
    let document = try answering { () throws(ReplicaError) in
      try call.replica.document(issued.invite)
    }
    guard let document else { throw .notFound }
    var shown = try call.shown(document)
    shown["token"] = .string(issued.token)
    return shown
  }

  @Sendable private static func revoke(_ call: APICall) throws(APIError) -> HTTPResponse {
    let reason = try Members(call.optionalBody()).optionalText("reason")
    let invite = try call.document(
      DocumentKey(type: "invite", id: try call.id()), try Visibility(call))
    _ = try answering { () throws(ReplicaError) in
      try call.replica.revokeInvite(invite.key.id, reason: reason)
    }
    return try call.answer(200, invite.key)
  }

  @Sendable private static func resend(_ call: APICall) throws(APIError) -> HTTPResponse {
    let days = try Members(call.optionalBody()).optionalInt("expiry_days")
    let invite = try call.document(
      DocumentKey(type: "invite", id: try call.id()), try Visibility(call))
    let issued = try answering { () throws(ReplicaError) in
      try call.replica.resendInvite(invite.key.id, expiryDays: days)
    }
    return .object(201, try shown(issued, call))
  }
}
