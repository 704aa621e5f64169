import API
import HTTP
import JSON

/// What the server answers to users: the API, with what only a server knows.
package struct UserHandler: Sendable {
  /// The largest body of a request, in bytes: a file to be imported.
  static let maximumBodyByteCount = 64 << 20

  private let logins: Logins
  private let api: ClinicAPI
  private let patients: PatientDoor
  private let door: UserDoor
  private let origins: CrossOrigin

  init(logins: Logins, data: ServerData, settings: ServerSettings) {
    self.logins = logins
    let desk = AccountDesk(data: data)
    let summaries = settings.summaryModel.map { [Summarizer($0).route] } ?? []
    api = ClinicAPI(
      keeping: desk, adding: desk.routes + DeviceRoutes(data: data).routes + summaries)
    patients = PatientDoor(data)
    origins = CrossOrigin(origins: settings.corsOrigins)
    door = UserDoor(data: data, logins: logins, desk: desk, allowsSignUp: settings.allowsSignUp)
  }

  /// Who asks is found out before a body is read.
  func admit(_ head: HTTPRequest) -> HTTPAdmission {
    if let answer = origins.preflight(head) { return .answer(answer) }
    if door.isFor(head) { return .accept(maximumBodyByteCount: UserDoor.maximumBodyByteCount) }
    if PatientDoor.isFor(head) {
      return .accept(maximumBodyByteCount: PatientDoor.maximumBodyByteCount)
    }
    // No store is read here: a thread that all connections share decides.
    do throws(APIError) { _ = try logins.credential(head) } catch {
      return .refuse(origins.marked(error.response, for: head))
    }
    return .accept(maximumBodyByteCount: Self.maximumBodyByteCount)
  }

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    origins.marked(plainAnswer(request), for: request)
  }

  private func plainAnswer(_ request: HTTPRequest) -> HTTPResponse {
    do throws(APIError) {
      if door.isFor(request) { return try door.answer(request) }
      if PatientDoor.isFor(request) { return try patients.answer(request) }
      let session = try logins.session(request)
      guard request.segments.dropFirst().first == "auth" else {
        if session.isReadOnly, !["GET", "HEAD"].contains(request.method) {
          throw APIError(403, "account_inactive", "the account is inactive: it can be read only")
        }
        return api.answer(request, by: session.caller, on: session.replica)
      }
      return try answerAboutLogin(request, session)
    } catch {
      return error.response
    }
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
