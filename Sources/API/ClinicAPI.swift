package import Clinic
package import HTTP
package import Replica

/// The REST API of INTERFACE.md over a replica: the same on a server and on a laptop.
package struct ClinicAPI: Sendable {
  private let routes: [Route]
  private let known = KnownVisibility()

  /// - Parameters:
  ///   - keeping: what a server knows of users besides.
  ///   - others: what only this program offers.
  package init(
    _ catalogue: Catalogue = .standard, keeping: (any AccountKeeping)? = nil,
    adding others: [Route] = []
  ) {
    let documents = TypePath.all.flatMap { place in
      catalogue.type(named: place.type).map { DocumentRoutes($0, place, keeping).routes } ?? []
    }
    let all =
      others + documents + PatientRoutes.routes + InviteRoutes.routes + AppointmentRoutes.routes
      + ReviewRoutes.routes + ScheduleRoutes.routes + DashboardRoutes.routes
      + ReportRoutes.routes
    routes = all.enumerated().sorted { a, b in
      (b.element.literalCount, a.offset) < (a.element.literalCount, b.offset)
    }.map(\.element)
  }

  /// Answers a request below `/api/`. A write is durable when it is answered.
  package func answer(
    _ request: HTTPRequest, by caller: Caller, on replica: Replica
  ) -> HTTPResponse {
    Replica.$actingUser.withValue(caller.user) {
      do throws(APIError) { return try reply(request, caller, replica) } catch {
        return error.response
      }
    }
  }

  private func reply(
    _ request: HTTPRequest, _ caller: Caller, _ replica: Replica
  ) throws(APIError) -> HTTPResponse {
    let (route, parameters) = try route(request)
    try Self.admit(caller, to: route)
    return try route.answer(
      APICall(
        replica: replica, caller: caller, request: request, known: known, parameters: parameters))
  }

  /// The route of a request.
  /// - Throws: 404, or 405 with the methods that the path has.
  private func route(
    _ request: HTTPRequest
  ) throws(APIError) -> (route: Route, parameters: [String: String]) {
    let method = request.method == "HEAD" ? "GET" : request.method
    var others: [String] = []
    for route in routes {
      guard let parameters = route.match(request.segments) else { continue }
      if route.method == method { return (route, parameters) }
      if !others.contains(route.method) { others.append(route.method) }
    }
    if others.isEmpty { throw .notFound }
    var error = APIError(
      405, "method_not_allowed", "this path takes \(others.joined(separator: ", "))")
    error.allowed = others
    throw error
  }

  private static func admit(_ caller: Caller, to route: Route) throws(APIError) {
    switch route.access {
    case .user: break
    case .staff where caller.role.isStaff: break
    case .administrator where caller.role.isAdministrator: break
    default: throw .forbidden("the role \(caller.role.rawValue) may not do that")
    }
  }
}
