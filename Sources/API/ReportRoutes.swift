import Causality
import Clinic
import Documents
import HTTP
import JSON
import Replica

/// Reports on what is under way.
enum ReportRoutes {
  static let routes = Replica.Report.allCases.map { report in
    Route("GET", "/api/reports/\(report.rawValue)", .staff, "The report of that name") {
      (call) throws(APIError) in try rows(report, call)
    }.asks("provider_id", .uuid, "the clinician whose patients it is about")
      .gives(200, .page(row(report)), "all rows")
  }

  private static func row(_ report: Replica.Report) -> Schema {
    let text = Schema.string.orNull
    return switch report {
    case .riskAssessmentStatus:
      .object([
        "id": .uuid, "first_name": text, "last_name": text, "chat_status": text,
        "is_eligible": Schema.boolean.orNull,
      ])
    case .pendingInvitations:
      .object([
        "id": .uuid, "email": text, "first_name": text, "last_name": text, "created_at": .time,
        "expires_at": .time, "provider_first_name": text, "provider_last_name": text,
      ])
    case .labOrderStatus:
      .object([
        "id": .uuid, "first_name": text, "last_name": text, "test_type": text, "status": text,
        "ordered_at": Schema.time.orNull, "result_status": text,
      ])
    }
  }

  private static func rows(
    _ report: Replica.Report, _ call: APICall
  ) throws(APIError) -> HTTPResponse {
    let visibility = try Visibility(call)
    var provider: UniqueID?
    if let text = call.query("provider_id") {
      guard let id = UniqueID(text) else { throw .invalid("provider_id", "is no UUID") }
      provider = id
    }
    let wanted = provider
    let rows = try answering { () throws(ReplicaError) in
      try call.replica.rows(of: report, provider: wanted) { clinic, document in
        visibility.includes(document, clinic)
      }
    }
    return .json(
      200,
      [
        "items": .array(rows.map { .object($0) }), "total": .int(rows.count), "next": .null,
      ])
  }
}
