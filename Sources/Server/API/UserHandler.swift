import API
import HTTP

/// What the server answers to users: the API, with what only a server knows.
package struct UserHandler: Sendable {
  /// The largest body of a request, in bytes: a file to be imported.
  static let maximumBodyByteCount = 64 << 20
  /// Of requests that need no login, in bytes.
  private static let maximumOpenByteCount = 16 << 10

  private let logins: Logins
  private let api: ClinicAPI
  private let origins: CrossOrigin

  init(logins: Logins, data: ServerData, settings: ServerSettings) {
    self.logins = logins
    let desk = AccountDesk(data: data)
    let door = UserDoor(
      data: data, logins: logins, desk: desk, allowsSignUp: settings.allowsSignUp)
    let summaries = settings.summaryModel.map { [Summarizer($0).route] } ?? []
    let google =
      settings.google.map { GoogleSignIn($0, data: data, logins: logins).routes } ?? []
    origins = CrossOrigin(origins: settings.corsOrigins)
    api = ClinicAPI(
      of: "satchel-server", keeping: desk,
      adding: [HealthRoute.route] + LoginRoutes(logins).routes + door.routes
        + PatientDoor(data).routes + desk.routes + DeviceRoutes(data: data).routes + summaries
        + google)
  }

  /// Who asks is found out before a body is read.
  func admit(_ head: HTTPRequest) -> HTTPAdmission {
    if let answer = origins.preflight(head) { return .answer(answer) }
    // No store is read here: a thread that all connections share decides.
    do throws(APIError) {
      if try api.isOpen(head) { return .accept(maximumBodyByteCount: Self.maximumOpenByteCount) }
      _ = try logins.credential(head)
      return .accept(maximumBodyByteCount: Self.maximumBodyByteCount)
    } catch {
      return .refuse(origins.marked(error.response, for: head))
    }
  }

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    origins.marked(plainAnswer(request), for: request)
  }

  private func plainAnswer(_ request: HTTPRequest) -> HTTPResponse {
    if let answer = api.answerOpenly(request) { return answer }
    do throws(APIError) {
      let session = try logins.session(request)
      if session.isReadOnly, !Self.isAllowed(whereReadOnly: request) {
        throw APIError(403, "account_inactive", "the account is inactive: it can be read only")
      }
      return api.answer(request, by: session.caller, on: session.replica)
    } catch {
      return error.response
    }
  }

  /// Users log out, and change their passwords, of an inactive account too.
  private static func isAllowed(whereReadOnly request: HTTPRequest) -> Bool {
    ["GET", "HEAD"].contains(request.method) || request.segments.prefix(2) == ["api", "auth"]
  }
}
