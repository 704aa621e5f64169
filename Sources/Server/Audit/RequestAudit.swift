import API
import Causality
import HTTP
import JSON
import Replica

/// What the audit remembers of a user's request: the route, the ids in it, what was made, and how it ended. Never
/// what was asked for or answered.
enum RequestAudit {
  static func entry(
    _ request: HTTPRequest, _ session: Logins.Session? = nil, route: String?,
    _ response: HTTPResponse
  ) -> AuditEntry {
    var details: JSONObject = [
      "method": .string(request.method), "route": .string(route ?? "none"),
      "status": .int(response.status),
    ]
    let made = response.headers["Location"]?.split(separator: "/").map(String.init) ?? []
    let ids = (request.segments + made + references(request)).compactMap { UniqueID($0) }
    if !ids.isEmpty { details.append("ids", .array(ids.map(JSONValue.id))) }
    return AuditEntry(
      event(request), account: session?.replica.account, user: session?.caller.user,
      peer: request.peer, details: details)
  }

  /// Documents that a filter names: `?patient_id=`.
  private static func references(_ request: HTTPRequest) -> [String] {
    request.query.filter { $0.name.hasSuffix("_id") }.map(\.value)
  }

  private static let administration: Set<String> = [
    "users", "accounts", "account-settings", "devices", "enrollment-codes",
  ]

  private static func event(_ request: HTTPRequest) -> AuditEntry.Event {
    let isRead = request.method == "GET" || request.method == "HEAD"
    guard isRead else {
      if request.segments.prefix(2) == ["api", "review"] { return .reviewDecision }
      return administration.contains(request.segments.dropFirst().first ?? "")
        ? .administration : .write
    }
    if request.query.contains(where: { $0.name == "q" }) { return .search }
    return request.segments.contains { UniqueID($0) != nil } ? .read : .list
  }
}
