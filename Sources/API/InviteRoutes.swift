import Causality
import Documents
import HTTP
import JSON
import Replica

/// Invites are made for a patient, and end by a call of their own.
enum InviteRoutes {
  static let routes = [
    Route("POST", "/api/generate_invite", .staff, "Invite a patient", create)
      .takes(.object(optional: options))
      .gives(
        201, issued, headers: ["Location"], of: "invite",
        "the invite with its token, shown this once"
      )
      .refuses(404, 409),
    Route("POST", "/api/bulk_invite", .staff, "Invite many patients", createMany)
      .takes(
        .object(
          ["patient_ids": .list(.anything, most: PatientRoutes.mostAtOnce)], optional: optionsOfMany
        )
      )
      .gives(200, .object(["results": .list(result)]), "a result for each"),
    Route("POST", "/api/invites/{id}/revoke", .staff, "Revoke a pending invite", revoke)
      .takes(
        .object(optional: ["reason": Schema.input("invite", "revoke_reason").orNull]),
        isOptional: true
      )
      .givesDocument("invite").refuses(409),
    Route("POST", "/api/invites/{id}/resend", .staff, "Replace it by a new one", resend)
      .takes(.object(optional: ["expiry_days": days.orNull]), isOptional: true)
      .gives(
        201, issued, headers: ["Location"], of: "invite",
        "the new invite with its token, shown this once"
      )
      .refuses(409),
  ]

  private static let days = Schema.input("invite", "expiry_days")
  private static let options: KeyValuePairs<String, Schema> = [
    "patient_id": Schema.uuid.orBlank.saying(
      "without it, until the account says patient_first, the patient is found or made by email, "
        + "first_name and last_name"),
    "email": Schema.input("patient", "email").orNull,
    "first_name": Schema.input("patient", "first_name").orNull,
    "last_name": Schema.input("patient", "last_name").orNull, "send_email": Schema.boolean.orNull,
    "provider_id": Schema.uuid.orBlank, "clinician_id": Schema.uuid.orBlank,
    "expiry_days": days.orNull,
    "custom_message": Schema.input("invite", "custom_message").orNull,
  ]
  /// What is wrong with them is told for each patient.
  private static let optionsOfMany: KeyValuePairs<String, Schema> = [
    "provider_id": Schema.uuid.orBlank, "clinician_id": Schema.uuid.orBlank,
    "expiry_days": Schema(["type": "integer"]).orNull, "custom_message": Schema.string.orNull,
    "send_email": Schema.boolean.orNull,
  ]
  private static let issued = Schema.all(
    .document("invite"), .object(["token": .string]))
  private static let result = Schema.object(
    ["patient_id": .anything], optional: ["invite": issued, "error": .problem])

  @Sendable private static func create(_ call: APICall) throws(APIError) -> HTTPResponse {
    let members = Members(try call.body())
    let visibility = try Visibility(call)
    let terms = try terms(members)
    if let patient = try members.optionalID("patient_id") {
      return created(try invite(patient, terms, call, visibility))
    }
    return created(try inviteByName(members, terms, call, visibility))
  }

  private static func created(_ shown: JSONObject) -> HTTPResponse {
    var response = HTTPResponse.object(201, shown)
    if let id = shown["id"]?.stringValue {
      response.headers.append("Location", "/api/invites/\(id)")
    }
    return response
  }

  @Sendable private static func createMany(_ call: APICall) throws(APIError) -> HTTPResponse {
    let members = Members(try call.body())
    let patients = try members.list("patient_ids", most: PatientRoutes.mostAtOnce)
    let terms = try terms(members)
    let visibility = try Visibility(call)
    var results: [JSONValue] = []
    for value in patients {
      do throws(APIError) {
        guard let id = value.stringValue.flatMap({ UniqueID($0) }) else {
          throw APIError.invalid("patient_ids", "holds what is no UUID")
        }
        let shown = try invite(id, terms, call, visibility)
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
    _ patient: UniqueID, _ terms: InviteTerms, _ call: APICall, _ visibility: Visibility
  ) throws(APIError) -> JSONObject {
    let patient = try call.document(DocumentKey(type: "patient", id: patient), visibility)
    let issued = try answering { () throws(ReplicaError) in
      try call.replica.createInvite(patient: patient.key.id, terms)
    }
    return try shown(issued, call)
  }

  /// As clients of the earlier system ask: by e-mail and name alone.
  private static func inviteByName(
    _ members: Members, _ terms: InviteTerms, _ call: APICall, _ visibility: Visibility
  ) throws(APIError) -> JSONObject {
    try visibility.requireWritable("patient")
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
    let reason = try call.text(
      "reason", in: Members(call.optionalBody()), as: "revoke_reason", of: "invite")
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
    return created(try shown(issued, call))
  }
}
