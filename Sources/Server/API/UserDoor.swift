import API
import HTTP
import JSON

/// Where people prove who they are: no login is needed.
struct UserDoor: Sendable {
  /// Of a request that asks for this, in bytes.
  static let maximumBodyByteCount = 16 << 10

  let data: ServerData
  let logins: Logins
  let desk: AccountDesk
  let allowsSignUp: Bool

  func isFor(_ head: HTTPRequest) -> Bool {
    head.method == "POST" && head.segments.count == 3
      && head.segments.prefix(2) == ["api", "auth"]
      && ["login", "accept", "signup"].contains(head.segments[2])
  }

  func answer(_ request: HTTPRequest) throws(APIError) -> HTTPResponse {
    let body = try Members(parsing: request.body)
    switch request.segments.last {
    case "login":
      return answer(
        200,
        try logins.logIn(email: try body.text("email"), password: try body.text("password")))
    case "accept":
      let user = try desk.acceptInvitation(
        token: try body.text("token"), password: try body.text("password"))
      return answer(200, try logins.logIn(user))
    default: return answer(201, try logins.logIn(try signUp(body)))
    }
  }

  private func signUp(_ body: Members) throws(APIError) -> CredentialRecord {
    guard allowsSignUp else {
      throw APIError(403, "signup_off", "whoever runs this server makes accounts")
    }
    let form = try SignUp(body)
    return try onServer { () throws(ServerError) in try form.open(in: data) }
  }

  private func answer(
    _ status: Int, _ login: (token: String, user: JSONObject)
  ) -> HTTPResponse {
    .json(
      status,
      [
        "access_token": .string(login.token), "token_type": "bearer",
        "expires_in": .int(Int(logins.lifetimeSeconds)), "user": .object(login.user),
      ])
  }
}
