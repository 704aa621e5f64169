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
