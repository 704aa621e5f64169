import Causality
import Clinic
import HTTP
import JSON
import Replica

/// What is on today.
enum DashboardRoutes {
  static let routes = [
    Route("GET", "/api/dashboard", .staff, "What is on at the clinics, counted", dashboard)
      .asks("clinic_id", .uuid, "of this clinic only")
      .asks("date", .date, "instead of each clinic's today")
      .gives(200, answer, "the counts")
  ]

  private static let counts = Schema.object().with("additionalProperties", Schema.count.value)
  private static let answer = Schema.object([
    "dates": .list(.date),
    "appointments": .object([
      "total": .count, "by_status": counts, "arrivals": .count, "missing_intakes": .count,
    ]),
    "invites": .object(["pending": .count, "expiring": .count]),
    "patients": .object(["total": .count, "by_status": counts, "new": .count]),
    "review_items": .count,
  ])

  @Sendable private static func dashboard(_ call: APICall) throws(APIError) -> HTTPResponse {
    var query = Replica.DashboardQuery()
    if let text = call.query("clinic_id") {
      guard let id = UniqueID(text) else { throw .invalid("clinic_id", "is no UUID") }
      query.clinic = id
    }
    if let text = call.query("date") {
      guard let date = CivilDate(text) else {
        throw .invalid("date", "is no date such as 2026-12-01")
      }
      query.date = date
    }
    query.isVisible = try Visibility(call).filter
    let wanted = query
    var dashboard = try answering { () throws(ReplicaError) in
      try call.replica.dashboard(wanted)
    }
    dashboard.reviewItems = try ReviewRoutes.items(call).count
    return .json(200, shown(dashboard))
  }

  private static func shown(_ dashboard: Dashboard) -> JSONValue {
    [
      "dates": .array(dashboard.dates.map(JSONValue.string)),
      "appointments": [
        "total": .int(dashboard.day.total), "by_status": counts(dashboard.day.byStatus),
        "arrivals": .int(dashboard.day.arrivals),
        "missing_intakes": .int(dashboard.day.missingIntakes),
      ],
      "invites": [
        "pending": .int(dashboard.pendingInvites), "expiring": .int(dashboard.expiringInvites),
      ],
      "patients": [
        "total": .int(dashboard.patients.values.reduce(0, +)),
        "by_status": counts(dashboard.patients), "new": .int(dashboard.newPatients),
      ],
      "review_items": .int(dashboard.reviewItems),
    ]
  }

  private static func counts(_ counts: [String: Int]) -> JSONValue {
    .object(
      JSONObject(
        counts.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) }))
  }
}
