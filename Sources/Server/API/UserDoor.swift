import API
import HTTP
import JSON

/// Where people prove who they are without a password of their own yet: no login is needed.
struct UserDoor: Sendable {
  let data: ServerData
  let logins: Logins
  let desk: AccountDesk
  let allowsSignUp: Bool

  var routes: [Route] {
    let accept = Route(
      open: "POST", "/api/auth/accept", "Set a password with the token of a letter"
    ) {
      (request) throws(APIError) in try self.accept(request)
    }
    let signUp = Route(open: "POST", "/api/auth/signup", "Open an account for a clinic") {
      (request) throws(APIError) in try self.signUp(request)
    }
    return [
      accept.takes(.object(["token": .string, "password": LoginRoutes.newPassword]))
        .gives(200, LoginRoutes.login, "logged in").refuses(403, 404, 409, 410, 503),
      signUp.takes(SignUp.form).gives(201, LoginRoutes.login, "logged in as the owner")
        .refuses(403, 409, 503),
    ]
  }

  private func accept(_ request: HTTPRequest) throws(APIError) -> HTTPResponse {
    let body = try Members(parsing: request.body)
    let (token, password) = (try body.text("token"), try body.text("password"))
    let user = try logins.throttles.countingWrongTokens(from: request.peer) {
      () throws(APIError) in
      try desk.acceptInvitation(token: token, password: password)
    }
    return logins.answer(200, try logins.logIn(user, from: request.peer))
  }

  private func signUp(_ request: HTTPRequest) throws(APIError) -> HTTPResponse {
    let form = try SignUp(try Members(parsing: request.body))
    guard allowsSignUp else {
      throw APIError(403, "signup_off", "whoever runs this server makes accounts")
    }
    let owner = try onServer { () throws(ServerError) in try form.open(in: data) }
    return logins.answer(201, try logins.logIn(owner, from: request.peer))
  }
}

extension Logins {
  /// What somebody gets who has logged in.
  func answer(_ status: Int, _ login: (token: String, user: JSONObject)) -> HTTPResponse {
    .json(
      status,
      [
        "access_token": .string(login.token), "token_type": "bearer",
        "expires_in": .int(Int(lifetimeSeconds)), "user": .object(login.user),
      ])
  }
}
