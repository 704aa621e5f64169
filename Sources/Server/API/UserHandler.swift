import API
import Causality
import HTTP

/// What the server answers to users: the API, with what only a server knows.
package struct UserHandler: Sendable {
  /// Of requests that need no login, in bytes.
  private static let maximumOpenByteCount = 16 << 10

  private let logins: Logins
  private let data: ServerData
  private let api: ClinicAPI
  private let origins: CrossOrigin

  init(logins: Logins, data: ServerData, settings: ServerSettings) {
    (self.logins, self.data) = (logins, data)
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
        + PatientDoor(data, logins.throttles).routes + desk.routes + DeviceRoutes(data: data).routes
        + summaries
        + OperationRoutes(data: data).routes + google)
  }

  /// Who asks is found out before a body is read.
  func admit(_ head: HTTPRequest) -> HTTPAdmission {
    if let answer = origins.preflight(head) { return .answer(answer) }
    // No store is read here: a thread that all connections share decides.
    do throws(APIError) {
      let route = try api.admission(head)
      // What costs less than a turn of a worker.
      if route.path == HealthRoute.route.path { return .constant(answer(head)) }
      if route.isOpen {
        return .accept(
          maximumBodyByteCount: Self.maximumOpenByteCount, lane: Self.openLane(route.path))
      }
      let credential = try logins.credential(head)
      return .accept(
        maximumBodyByteCount: route.maximumBodyByteCount,
        lane: Self.lane(route.path, credential.account))
    } catch {
      return .refuse(origins.marked(error.response, for: head))
    }
  }

  /// Nobody's many requests, or long ones, hold up those of others.
  static func lane(of account: UniqueID) -> HTTPLane {
    HTTPLane(account.description, width: 8, maximumWaitingCount: 1000)
  }

  private static func lane(_ path: String, _ account: UniqueID) -> HTTPLane {
    path == "/api/auth/password" ? passwordLane : lane(of: account)
  }

  /// What anybody may ask, by what it costs: a password 20 ms and 16 MiB on purpose.
  private static func openLane(_ path: String) -> HTTPLane {
    passwordPaths.contains(path) ? passwordLane : strangersLane
  }

  static let passwordLane = HTTPLane("password", width: 2, maximumWaitingCount: 200)
  private static let strangersLane = HTTPLane("strangers", width: 4, maximumWaitingCount: 1000)
  private static let passwordPaths: Set<String> = [
    "/api/auth/login", "/api/auth/signup", "/api/auth/accept", "/api/invites/accept",
  ]

  /// The route of a request as it is described; nil if there is none.
  func routePath(_ head: HTTPRequest) -> String? {
    do throws(APIError) { return try api.admission(head).path } catch { return nil }
  }

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    origins.marked(plainAnswer(request), for: request)
  }

  private func plainAnswer(_ request: HTTPRequest) -> HTTPResponse {
    if let answer = api.answerOpenly(request) {
      if request.method != "GET", request.method != "HEAD", Self.isRemembered(answer.status) {
        data.audit.note(RequestAudit.entry(request, route: routePath(request), answer))
      }
      return answer
    }
    do throws(APIError) {
      let session = try logins.session(request)
      if data.audit.obstacle() != nil { throw Self.notRemembered }
      let response = answer(request, in: session)
      data.audit.note(RequestAudit.entry(request, session, route: routePath(request), response))
      return response
    } catch {
      return error.response
    }
  }

  /// Of what needs no login: what was done, and who tried what is not theirs. What was no request is not; a wrong
  /// password is noted where it is checked.
  private static func isRemembered(_ status: Int) -> Bool {
    status < 400 || [403, 404, 409, 410].contains(status)
  }

  private static let notRemembered = APIError(
    503, "unavailable", "the server cannot note who does what, so it does nothing; try again later")

  private func answer(_ request: HTTPRequest, in session: Logins.Session) -> HTTPResponse {
    if session.isReadOnly, !Self.isAllowed(whereReadOnly: request) {
      return APIError(403, "account_inactive", "the account is inactive: it can be read only")
        .response
    }
    return api.answer(request, by: session.caller, on: session.replica)
  }

  /// Users log out, and change their passwords, of an inactive account too.
  private static func isAllowed(whereReadOnly request: HTTPRequest) -> Bool {
    ["GET", "HEAD"].contains(request.method) || request.segments.prefix(2) == ["api", "auth"]
  }
}
