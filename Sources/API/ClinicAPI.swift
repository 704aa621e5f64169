package import Clinic
package import HTTP
package import Replica

/// The REST API of INTERFACE.md over a replica: the same on a server and on a laptop.
package struct ClinicAPI: Sendable {
  let routes: [Route]
  private let table: RouteTable
  private let known = KnownVisibility()

  /// - Parameters:
  ///   - program: the name under which the API is described: `satchel-server`.
  ///   - keeping: what a server knows of users besides.
  ///   - own: routes that only this program has. Each must be described.
  package init(
    _ catalogue: Catalogue = .standard, of program: String = "satchel",
    keeping: (any AccountKeeping)? = nil, adding own: [Route] = []
  ) {
    let documents = TypePath.all.flatMap { place in
      catalogue.type(named: place.type).map { DocumentRoutes($0, place, keeping).routes } ?? []
    }
    let all =
      documents + PatientRoutes.routes + InviteRoutes.routes + AppointmentRoutes.routes
      + ReviewRoutes.routes + ScheduleRoutes.routes + DashboardRoutes.routes
      + ReportRoutes.routes + own
    routes = all + DescriptionRoutes.routes(describing: all, catalogue, program)
    table = RouteTable(routes)
  }

  /// The route of a request, before its body is there. Reads memory only.
  /// - Throws: 404, 405 if there is none.
  package func admission(_ head: HTTPRequest) throws(APIError) -> RouteAdmission {
    let route = try route(head).route
    return RouteAdmission(
      path: route.path, isOpen: route.access == .anyone,
      maximumBodyByteCount: route.description.maximumBodyByteCount)
  }

  /// Answers a request that needs no login; nil if it needs one.
  package func answerOpenly(_ request: HTTPRequest) -> HTTPResponse? {
    do throws(APIError) {
      let route = try route(request).route
      guard case .open(let answer) = route.work else { return nil }
      try route.requireForm(of: request)
      return try answer(request)
    } catch {
      return error.response
    }
  }

  /// Answers a request. A write is durable when it is answered.
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
    try route.requireForm(of: request)
    switch route.work {
    case .open(let answer): return try answer(request)
    case .forCaller(let answer):
      return try answer(
        APICall(
          replica: replica, caller: caller, request: request, known: known, parameters: parameters))
    }
  }

  /// The route of a request.
  /// - Throws: 404, or 405 with the methods that the path has.
  func route(
    _ request: HTTPRequest
  ) throws(APIError) -> (route: Route, parameters: [String: String]) {
    let method = request.method == "HEAD" ? "GET" : request.method
    guard let (routes, parameters) = table.find(request.segments) else { throw .notFound }
    guard let route = routes.first(where: { $0.method == method }) else {
      throw .methodNotAllowed(routes.map(\.method))
    }
    return (route, parameters)
  }

  private static func admit(_ caller: Caller, to route: Route) throws(APIError) {
    switch route.access {
    case .anyone, .user: break
    case .staff where caller.role.isStaff: break
    case .administrator where caller.role.isAdministrator: break
    default: throw .forbidden("the role \(caller.role.rawValue) may not do that")
    }
  }
}

/// What is known of a request by its route.
package struct RouteAdmission: Sendable {
  /// As it is described: `/api/patients/{id}`.
  package let path: String
  /// Whether no login is needed.
  package let isOpen: Bool
  package let maximumBodyByteCount: Int
}
