import Clinic
import Documents
import HTTP
import JSON
import Replica

/// What a person should decide.
enum ReviewRoutes {
  static let routes = [
    Listing.describePages(
      Route("GET", "/api/review", .staff, "What a person should decide, urgent first", list),
      cursor: "^[0-9]{1,9}$"
    ).gives(200, .page(item), "a part of the list"),
    Route("POST", "/api/review/{id}/resolve", .staff, "Decide an item", resolve)
      .takes(decision).gives(200, .object(["left": .count]), "how many items are left")
      .refuses(409),
  ]

  private static let item = Schema.object([
    "id": .string, "rule": .string, "severity": .oneOf(["urgent", "normal", "low"]),
    "documents": .list(.documentKey),
    "sides": .list(
      .object([
        "value": .anything, "author": Schema.string.orNull, "device": .uuid, "at": .time,
      ])), "summary": .string,
    "actions": .list(.object(["name": .string, "effect": .string])),
  ])

  private static let decision = Schema.object(
    optional: [
      "keep": .integer(1...Int(Int32.max)), "value": .anything, "action": .string,
      "reason": Schema.input("review_decision", "reason").orNull,
    ]
  ).with(
    "oneOf", [["required": ["keep"]], ["required": ["value"]], ["required": ["action"]]])

  @Sendable private static func list(_ call: APICall) throws(APIError) -> HTTPResponse {
    let items = try items(call)
    let limit = try call.number("limit", 1...Listing.mostCount) ?? Listing.usualCount
    let start = try call.number("cursor", 0...Int(Int32.max)) ?? 0
    let page = items.dropFirst(start).prefix(limit)
    let end = start + page.count
    return .json(
      200,
      [
        "items": .array(page.map { .object($0.value) }), "total": .int(items.count),
        "next": end < items.count ? .string("\(end)") : .null,
      ])
  }

  /// One of `keep` (a side, from 1), `value` and `action`, as the command line has them.
  @Sendable private static func resolve(_ call: APICall) throws(APIError) -> HTTPResponse {
    let body = try call.body()
    let members = Members(body)
    let reason = try members.optionalText("reason")
    let item = call.parameters["id"] ?? ""
    guard let wanted = try items(call).first(where: { $0.id == item }) else {
      throw APIError(404, "not_found", "there is no such item")
    }
    let visibility = try Visibility(call)
    for key in wanted.documents { try visibility.requireWritable(key.type) }
    let given = ["keep", "value", "action"].filter { body[$0] != nil }
    guard given.count == 1 else {
      throw .invalid(given.first ?? "action", "one of keep, value and action is needed")
    }
    if let side = try members.optionalInt("keep") {
      try answering { () throws(ReplicaError) in
        try call.replica.resolve(item: item, keep: side, reason: reason)
      }
    } else if let action = try members.optionalText("action") {
      try answering { () throws(ReplicaError) in
        try call.replica.resolve(item: item, action: action, reason: reason)
      }
    } else {
      let value = body["value"] ?? .null
      try answering { () throws(ReplicaError) in
        try call.replica.resolve(item: item, value: value, reason: reason)
      }
    }
    return .json(200, ["left": .int(try items(call).count)])
  }

  /// The items about documents that the caller may see, all of them.
  static func items(_ call: APICall) throws(APIError) -> [ReviewItem] {
    let visibility = try Visibility(call)
    return try answering { () throws(ReplicaError) in
      let items = try call.replica.reviewItems().filter { item in
        item.documents.allSatisfy { visibility.isReadable($0.type) }
      }
      if visibility.filter == nil { return items }
      return try call.replica.looking { (clinic) throws(ReplicaError) in
        items.filter { item in
          item.documents.allSatisfy { key in
            clinic.subject(key).map { visibility.includes($0.document, clinic) } ?? true
          }
        }
      }
    }
  }
}
