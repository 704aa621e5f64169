import Clinic

/// What a route takes and gives, for people and programs that read it (OpenAPI). What all routes of its kind
/// refuse is not named: see `statuses`.
struct RouteDescription: Sendable {
  /// A field of the query.
  struct Parameter: Sendable {
    var name: String
    var schema: Schema
    var what: String
    var isRequired = false
  }

  struct Answer: Sendable {
    var status: Int
    var what: String
    /// Nil for an answer without a body.
    var schema: Schema?
    var mediaType = "application/json"
    /// Names of header fields that the answer always has.
    var headers: [String] = []
    /// The type of a document that was made: other routes take its id.
    var made: String?
  }

  struct Body: Sendable {
    var schema: Schema
    var mediaTypes: [String]
    var isOptional: Bool
  }

  var query: [Parameter] = []
  var body: Body?
  var answers: [Answer] = []
  var refusals: [Int] = []
  /// Whether `If-Match` is honoured.
  var isConditional = false
  /// Who gets more than a refusal; nil for all whom the route admits.
  var roles: [Role]?
  /// The most bytes of a body that is taken.
  var maximumBodyByteCount = 1 << 20
}

extension Route {
  /// Adds a field of the query.
  package func asks(
    _ name: String, _ schema: Schema, _ what: String, isRequired: Bool = false
  ) -> Route {
    changed {
      $0.query.append(.init(name: name, schema: schema, what: what, isRequired: isRequired))
    }
  }

  /// The body, which is JSON if nothing else is said.
  package func takes(
    _ schema: Schema, as mediaTypes: [String] = ["application/json"], isOptional: Bool = false
  ) -> Route {
    changed { $0.body = .init(schema: schema, mediaTypes: mediaTypes, isOptional: isOptional) }
  }

  /// What it answers if all is well.
  package func gives(
    _ status: Int, _ schema: Schema, as mediaType: String = "application/json",
    headers: [String] = [], of made: String? = nil, _ what: String
  ) -> Route {
    changed {
      $0.answers.append(
        .init(
          status: status, what: what, schema: schema, mediaType: mediaType, headers: headers,
          made: made))
    }
  }

  /// What it answers if all is well, without a body.
  package func gives(_ status: Int, _ what: String) -> Route {
    changed { $0.answers.append(.init(status: status, what: what)) }
  }

  /// A document with its tag.
  package func givesDocument(_ type: String, status: Int = 200) -> Route {
    status == 201
      ? gives(201, .document(type), headers: ["ETag", "Location"], of: type, "created")
      : gives(status, .document(type), headers: ["ETag"], "the document")
  }

  /// Refusals besides those that follow from the rest.
  package func refuses(_ statuses: Int...) -> Route { changed { $0.refusals += statuses } }

  /// Bodies of other sizes than usual.
  package func takes(upTo byteCount: Int) -> Route {
    changed { $0.maximumBodyByteCount = byteCount }
  }

  func honoursIfMatch() -> Route { changed { $0.isConditional = true } }

  func isFor(_ roles: [Role]) -> Route { changed { $0.roles = roles } }

  private func changed(_ body: (inout RouteDescription) -> Void) -> Route {
    var route = self
    body(&route.description)
    return route
  }

  /// The roles of those who get more than a refusal; nil for anyone.
  var roles: [Role]? {
    let admitted: [Role]? =
      switch access {
      case .anyone: nil
      case .user: Role.allCases
      case .staff: Role.allCases.filter(\.isStaff)
      case .administrator: Role.allCases.filter(\.isAdministrator)
      }
    return description.roles ?? admitted
  }

  /// Every refusal that the route can give, ascending. 405 is no route's: it is for methods that a path does not
  /// have.
  var refusals: [Int] {
    var all = Set(description.refusals + [400, 429])
    if description.answers.contains(where: { $0.schema != nil }) { all.insert(406) }
    if access != .anyone { all.formUnion([401, 403, 503]) }
    if !openNames.isEmpty { all.insert(404) }
    if !description.query.isEmpty { all.insert(422) }
    if description.body != nil { all.formUnion([413, 415, 422]) }
    if description.isConditional { all.insert(412) }
    return all.sorted()
  }
}
