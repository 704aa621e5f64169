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
    let ids = RequestKind.references(in: request) + made.compactMap { UniqueID($0) }
    if !ids.isEmpty { details.append("ids", .array(ids.map(JSONValue.id))) }
    return AuditEntry(
      AuditEntry.Event(rawValue: RequestKind(request).rawValue) ?? .write,
      account: session?.replica.account, user: session?.caller.user,
      peer: request.peer, details: details)
  }
}
