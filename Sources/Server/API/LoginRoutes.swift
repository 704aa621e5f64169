import API
import Causality
import Documents
import HTTP
import JSON
import Platform
import Replica

/// How users log in and out.
struct LoginRoutes: Sendable {
  private let logins: Logins

  init(_ logins: Logins) { self.logins = logins }

  var routes: [Route] {
    let me = Route("GET", "/api/auth/me", .user, "Who is logged in") { (call) throws(APIError) in
      try call.answer(200, DocumentKey(type: "user", id: try Self.user(call)))
    }
    let logIn = Route(open: "POST", "/api/auth/login", "Log in") { (request) throws(APIError) in
      try self.logIn(request)
    }
    let logOut = Route("POST", "/api/auth/logout", .user, "End all logins of the user") {
      (call) throws(APIError) in
      try logins.logOut(try Self.user(call), in: call.replica.account)
      return HTTPResponse(status: 204)
    }
    let password = Route(
      "POST", "/api/auth/password", .user, "Change the password and end all logins"
    ) { (call) throws(APIError) in
      try changePassword(call)
    }
    return [
      logIn.takes(.object(["email": .string, "password": .string]))
        .gives(200, Self.login, "logged in").refuses(401, 403, 503),
      me.givesDocument("user"), logOut.gives(204, "done"),
      password.takes(.object(["old_password": .string, "new_password": Self.newPassword]))
        .gives(204, "done"),
    ]
  }

  static let newPassword = Schema.string(
    pattern: #"^[^\u0000]*$"#, maximum: PasswordHashing.maximumByteCount
  ).with("minLength", .int(ServerData.minimumPasswordCharacterCount))

  static let login = Schema.object([
    "access_token": .string, "token_type": .oneOf(["bearer"]), "expires_in": .count,
    "user": .document("user"),
  ])

  private static func user(_ call: APICall) throws(APIError) -> UniqueID {
    guard let user = call.caller.user else {
      throw APIError(404, "not_found", "there is no user here")
    }
    return user
  }

  private func logIn(_ request: HTTPRequest) throws(APIError) -> HTTPResponse {
    let body = try Members(parsing: request.body)
    return logins.answer(
      200,
      try logins.logIn(
        email: try body.text("email"), password: try body.text("password"), from: request.peer))
  }

  private func changePassword(_ call: APICall) throws(APIError) -> HTTPResponse {
    let body = try Members(parsing: call.request.body)
    try logins.changePassword(
      try Self.user(call), in: call.replica.account, from: try body.text("old_password"),
      to: try body.text("new_password"), at: call.request.peer)
    return HTTPResponse(status: 204)
  }
}
