import Clinic
import Documents
import HTTP
import JSON
import Replica

/// A list: filters by field, search, and a cursor.
struct Listing {
  /// How many documents an answer holds if nobody says.
  static let usualCount = 50
  static let mostCount = 1000
  /// Fields of the query that are no filters.
  static let reserved: Set<String> = ["limit", "cursor", "q"]

  /// Characters of what is searched for.
  static let mostSearched = 200

  private let type: TypeDefinition
  private let call: APICall

  init(type: TypeDefinition, _ call: APICall) { (self.type, self.call) = (type, call) }

  /// Adds what a list can be asked for.
  static func describe(_ route: Route, of type: TypeDefinition) -> Route {
    var route = Self.describePages(
      route.asks(
        "q", .string(pattern: #"^[^\u0000]*$"#, maximum: mostSearched),
        "words that a text field holds, whatever their case and accents"))
    for name in DateRange.names(for: type) {
      route = route.asks(name, .date, "the \(name == "from" ? "first" : "last") day")
    }
    for field in type.fields where !field.isServerOnly && field.use != .request {
      guard field.kind.isFilter else { continue }
      let schema = field.kind.inputSchema()
      let isText = field.kind.holdsEmptyText
      route = route.asks(
        field.name, isText ? schema : .any([schema, .oneOf([""])]),
        "has this \(field.name); empty: has none")
    }
    return route
  }

  /// Adds what cuts a list into parts.
  static func describePages(
    _ route: Route, cursor: String = #"^[0-9a-f]{1,16}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"#
  ) -> Route {
    route.asks("limit", .integer(1...mostCount), "how many at most; \(usualCount) without it")
      .asks("cursor", .string(pattern: cursor), "the `next` of the part before")
  }

  func response() throws(APIError) -> HTTPResponse {
    let visibility = try Visibility(call)
    try visibility.requireReadable(type.name)
    let limit = try call.number("limit", 1...Self.mostCount) ?? Self.usualCount
    var query = ListQuery(type: type.name)
    query.search = try search()
    let computed = try takeFilters(into: &query)
    let range = try DateRange(call, type)
    let (part, wanted) = (ListPart(after: try cursor(), limit: limit), query)
    let isFree = visibility.filter == nil && range.isOpen && computed.isEmpty
    let filter: Replica.Visibility = { clinic, document in
      visibility.includes(document, clinic) && range.includes(document, clinic)
        && computed.allSatisfy { $0.includes(document, clinic) }
    }
    let (page, items) = try answering { () throws(ReplicaError) in
      let page = try call.replica.listPage(wanted, part, where: isFree ? nil : filter)
      return (page, try call.replica.answers(page.documents))
    }
    return .json(
      200,
      [
        "items": .array(items.map(JSONValue.object)), "total": .int(page.total),
        "next": page.next.map { .string($0.text) } ?? .null,
      ])
  }

  private func search() throws(APIError) -> String? {
    guard let text = call.query("q") else { return nil }
    guard text.unicodeScalars.count <= Self.mostSearched else {
      throw .invalid("q", "is longer than \(Self.mostSearched) characters")
    }
    return text
  }

  private func cursor() throws(APIError) -> ListCursor? {
    guard let text = call.query("cursor") else { return nil }
    guard let cursor = ListCursor(text) else {
      throw .malformed("cursor: is none of this server's")
    }
    return cursor
  }

  /// Takes the filters of the query by fields that documents hold.
  /// - Returns: the filters by fields that are worked out.
  private func takeFilters(into query: inout ListQuery) throws(APIError) -> [ComputedFilter] {
    var computed: [ComputedFilter] = []
    for (name, value) in call.request.query
    where !Self.reserved.contains(name) && !DateRange.names(for: type).contains(name) {
      guard let field = type.field(named: name), !field.isServerOnly else {
        throw .invalid(name, "is no field of a \(type.name)")
      }
      let value = field.kind.isFilter ? try call.normal(value, field) : value
      if ComputedFilter.isComputed(field.name, type.name) {
        computed.append(ComputedFilter(field: field.name, value: value))
      } else {
        query.filters.append((field: field.name, value: value))
      }
    }
    return computed
  }
}

/// A filter by a field that is worked out from the merged state.
private struct ComputedFilter: Sendable {
  let field: String
  let value: String

  static func isComputed(_ field: String, _ type: String) -> Bool {
    field == "has_pending_invite" || type == "invite" && field == "status"
  }

  func includes(_ document: Document, _ clinic: MergedClinic) -> Bool {
    clinic.computedFields(of: document)[field].map(plainText) == value
  }
}

/// The days of a list of appointments, both included.
private struct DateRange: Sendable {
  private var first: CivilDate?
  private var last: CivilDate?

  static func names(for type: TypeDefinition) -> [String] {
    type.name == "appointment" ? ["from", "to"] : []
  }

  init(_ call: APICall, _ type: TypeDefinition) throws(APIError) {
    guard !Self.names(for: type).isEmpty else { return }
    first = try Self.date("from", call)
    last = try Self.date("to", call)
  }

  private static func date(_ name: String, _ call: APICall) throws(APIError) -> CivilDate? {
    guard let text = call.query(name) else { return nil }
    guard let date = CivilDate(text) else { throw .invalid(name, "is no date such as 2026-12-01") }
    return date
  }

  /// Whether all days are in it.
  var isOpen: Bool { first == nil && last == nil }

  func includes(_ document: Document, _ clinic: MergedClinic) -> Bool {
    if isOpen { return true }
    let text = clinic.subject(document).fields["date"]?.stringValue
    guard let date = text.flatMap({ CivilDate($0) }) else { return false }
    if let first, date < first { return false }
    return last.map { date <= $0 } ?? true
  }
}
