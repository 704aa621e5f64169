import API
import Causality
import Clinic
import HTTP
import JSON
import Platform
import Replica
import SyncProtocol

/// Devices and enrolment codes of an account, for its administrators.
struct DeviceRoutes: Sendable {
  let data: ServerData

  var routes: [Route] {
    let list = Route("GET", "/api/devices", .administrator, "List the devices") {
      (call) throws(APIError) in
      let devices = devices(of: call).map { JSONValue.object($0.shown) }
      return .json(200, ["items": .array(devices), "total": .int(devices.count), "next": .null])
    }
    let revoke = Route(
      "POST", "/api/devices/{id}/revoke", .administrator, "Refuse a device from now on"
    ) { (call) throws(APIError) in try self.revoke(call) }
    let code = Route(
      "POST", "/api/enrollment-codes", .administrator, "Make a one-time enrolment code"
    ) { (call) throws(APIError) in try createCode(call) }
    return [
      list.gives(200, .page(Self.device), "all of them"),
      revoke.takes(Self.revocation, isOptional: true).gives(200, Self.device, "the device")
        .refuses(409),
      code.takes(Self.order, isOptional: true)
        .gives(201, .object(["code": .string, "expires_at": .time]), "the code, shown this once")
        .refuses(404, 409),
    ]
  }

  private static let device = Schema.object([
    "id": .uuid, "name": .string, "account": .uuid, "user": .uuid,
    "state": .oneOf(["active", "copied", "revoked", "wiping", "wiped"]), "enrolled_at": .time,
  ])

  private static let revocation = Schema.object(
    optional: ["wipe": Schema.oneOf(WipeOrder.allCases.map(\.rawValue)).orNull])

  private static let order = Schema.object(
    optional: [
      "user": Schema.string.saying("an e-mail address").orNull, "email": Schema.string.orNull,
      "user_id": Schema.uuid.orNull, "minutes": Schema.integer(minutes).orNull,
    ])

  /// In the order of their enrolment.
  private func devices(of call: APICall) -> [DeviceRecord] {
    data.read { $0.devices.filter { $0.account == call.replica.account } }
  }

  private func revoke(_ call: APICall) throws(APIError) -> HTTPResponse {
    let id = try call.id("id")
    let text = try Members(try call.optionalBody()).optionalText("wipe")
    let wipe = text.flatMap(WipeOrder.init)
    if text != nil, wipe == nil { throw .invalid("wipe", "is neither after_surrender nor now") }
    guard devices(of: call).contains(where: { $0.id == id }) else { throw .notFound }
    let device = try onServer { () throws(ServerError) in
      try data.revokeDevice(id.description, wipe: wipe)
    }
    return .json(200, .object(device.shown))
  }

  private static let minutes = 1...1440
  private static let usualMinutes = 10

  private func createCode(_ call: APICall) throws(APIError) -> HTTPResponse {
    let members = Members(try call.optionalBody())
    let minutes = try members.optionalInt("minutes") ?? Self.usualMinutes
    guard Self.minutes.contains(minutes) else {
      throw .invalid("minutes", "is no number from 1 to \(Self.minutes.upperBound)")
    }
    let email = try email(members, call)
    try requireNotAbove(email, call)
    let code = try onServer { () throws(ServerError) in
      try data.createCode(account: call.replica.account, email: email, minutes: minutes)
    }
    let end = data.setup.world.clock.now() + UInt64(minutes) * 60_000
    return .json(201, ["code": .string(code), "expires_at": .time(end)])
  }

  /// Of the user who enrols; of the caller if the request names nobody.
  private func email(_ members: Members, _ call: APICall) throws(APIError) -> String {
    if let email = try members.optionalText("user", or: "email") { return email }
    let user = try members.optionalID("user_id") ?? call.caller.user
    let account = call.replica.account
    let credential = data.read { registry in
      registry.credentials.first { $0.user == user && $0.account == account }
    }
    guard let credential else { throw APIError(404, "not_found", "there is no such user") }
    return credential.email
  }

  /// - Throws: 403 if a caller would act as somebody who may do more.
  private func requireNotAbove(_ email: String, _ call: APICall) throws(APIError) {
    guard call.caller.role != .superAdmin else { return }
    let (norm, account) = (ClinicIndex.emailKey(email), call.replica.account)
    let user = data.read { registry in
      registry.credentials.first { $0.email == norm && $0.account == account }?.user
    }
    guard let user else { return }
    let role = try onServer { () throws(ServerError) in try data.role(of: user, in: account) }
    if role == Role.superAdmin.rawValue {
      throw .forbidden("only a super_admin enrols devices of another")
    }
  }
}

extension DeviceRecord {
  /// For people; nothing of it opens anything.
  var shown: JSONObject {
    [
      "id": .id(id), "name": .string(name), "account": .id(account), "user": .id(user),
      "state": .string(state), "enrolled_at": .time(enrolledAt),
    ]
  }
}
