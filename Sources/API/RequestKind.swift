package import Causality
package import HTTP

/// What a request is about, as an audit tells it.
package enum RequestKind: String, Sendable {
  case read, list, search, write
  case reviewDecision = "review_decision"
  /// Users, devices, codes and settings.
  case administration

  private static let administrativeSegments: Set<String> = [
    "users", "accounts", "account-settings", "devices", "enrollment-codes",
  ]

  package init(_ request: HTTPRequest) {
    let isRead = request.method == "GET" || request.method == "HEAD"
    guard isRead else {
      if request.segments.prefix(2) == ["api", "review"] {
        self = .reviewDecision
      } else {
        let segment = request.segments.dropFirst().first ?? ""
        self = Self.administrativeSegments.contains(segment) ? .administration : .write
      }
      return
    }
    if request.query.contains(where: { $0.name == "q" }) {
      self = .search
    } else {
      self = request.segments.contains { UniqueID($0) != nil } ? .read : .list
    }
  }

  /// The documents that a request names: in its path, and in filters such as `?patient_id=`.
  package static func references(in request: HTTPRequest) -> [UniqueID] {
    let named = request.query.filter { $0.name.hasSuffix("_id") }.map(\.value)
    return (request.segments + named).compactMap { UniqueID($0) }
  }
}
