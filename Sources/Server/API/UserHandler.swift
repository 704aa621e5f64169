import API
import HTTP
import JSON

/// What the server answers to users: the API, with what only a server knows.
package struct UserHandler: Sendable {
  /// The largest body of a request, in bytes: a file to be imported.
  static let maximumBodyByteCount = 64 << 20
  /// Of requests by which somebody proves who he is.
  private static let maximumLoginByteCount = 16 << 10

  private let logins: Logins
  private let api = ClinicAPI()
  private let patients: PatientDoor

  init(logins: Logins, data: ServerData) {
    self.logins = logins
    patients = PatientDoor(data)
  }

  /// Who asks is found out before a body is read.
  func admit(_ head: HTTPRequest) -> HTTPAdmission {
    if Self.isLogin(head) { return .accept(maximumBodyByteCount: Self.maximumLoginByteCount) }
    if PatientDoor.isFor(head) {
      return .accept(maximumBodyByteCount: PatientDoor.maximumBodyByteCount)
    }
    // No store is read here: a thread that all connections share decides.
    do throws(APIError) { _ = try logins.credential(head) } catch { return .refuse(error.response) }
    return .accept(maximumBodyByteCount: Self.maximumBodyByteCount)
  }

  private static func isLogin(_ head: HTTPRequest) -> Bool {
    head.method == "POST" && head.segments == ["api", "auth", "login"]
  }

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    do throws(APIError) {
      if Self.isLogin(request) { return try logIn(request) }
      if PatientDoor.isFor(request) { return try patients.answer(request) }
      let session = try logins.session(request)
      guard request.segments.dropFirst().first == "auth" else {
        return api.answer(request, by: session.caller, on: session.replica)
      }
      return try answerAboutLogin(request, session)
    } catch {
      return error.response
    }
  }

  private func logIn(_ request: HTTPRequest) throws(APIError) -> HTTPResponse {
    let body = try Members(parsing: request.body)
    let (token, user) = try logins.logIn(
      email: try body.text("email"), password: try body.text("password"))
    return .json(
      200,
      [
        "access_token": .string(token), "token_type": "bearer",
        "expires_in": .int(Int(Logins.lifetimeSeconds)), "user": .object(user),
      ])
  }

  private func answerAboutLogin(
    _ request: HTTPRequest, _ session: Logins.Session
  ) throws(APIError) -> HTTPResponse {
    guard let user = session.caller.user else { throw APIError(404, "not_found", "no such path") }
    switch (request.method, request.segments.dropFirst(2).first) {
    case ("GET", "me"): return .json(200, .object(session.user))
    case ("POST", "logout"):
      try logins.logOut(user)
      return HTTPResponse(status: 204)
    case ("POST", "password"):
      let body = try Members(parsing: request.body)
      try logins.changePassword(
        user, from: try body.text("old_password"), to: try body.text("new_password"))
      return HTTPResponse(status: 204)
    default: throw APIError(404, "not_found", "there is nothing here")
    }
  }
}
