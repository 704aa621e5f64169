import Clinic
import JSON

/// The description of the API for programs: OpenAPI 3.1, from the table of routes and the catalogue.
struct OpenAPIDocument {
  let routes: [Route]
  let catalogue: Catalogue
  /// Whose API it is.
  let program: String

  /// Of the API, not of the program: raised when something that callers rely on changes.
  static let version = "1.0"

  var value: JSONValue {
    [
      "openapi": "3.1.0",
      "info": ["title": .string("Satchel: \(program)"), "version": .string(Self.version)],
      "servers": [["url": "/"]],
      "security": [[Self.login: []]],
      "paths": .object(paths),
      "components": [
        "schemas": .object(schemas),
        "responses": .object(JSONObject(refusals.map { (Self.name(ofRefusal: $0), refusal($0)) })),
        "securitySchemes": [
          Self.login: ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]
        ],
      ],
    ]
  }

  private static let login = "login"

  // MARK: - Schemas

  var schemas: JSONObject {
    var schemas: [(name: String, schema: Schema)] = [
      ("error", .object(["error": .problem]))
    ]
    for type in catalogue.types {
      guard let place = TypePath.all.first(where: { $0.type == type.name }) else { continue }
      schemas += TypeSchemas(type).named(isMade: !place.isReadOnly)
    }
    return JSONObject(schemas.map { ($0.name, $0.schema.value) })
  }

  private var refusals: [Int] { Set(routes.flatMap(\.refusals)).sorted() }

  private static func name(ofRefusal status: Int) -> String { "refused_\(status)" }

  private func refusal(_ status: Int) -> JSONValue {
    let content: JSONValue = ["application/json": ["schema": Schema.named("error").value]]
    return ["description": .string(Refusal.meaning(of: status)), "content": content]
  }

  // MARK: - Paths

  private var paths: JSONObject {
    var paths = JSONObject()
    for route in routes {
      var methods = paths[route.path]?.objectValue ?? JSONObject()
      methods.append(route.method.lowercased(), .object(operation(route)))
      paths[route.path] = .object(methods)
    }
    return paths
  }

  private func operation(_ route: Route) -> JSONObject {
    var operation: JSONObject = [
      "operationId": .string(route.identifier), "summary": .string(route.summary),
      "tags": [.string(route.subject)],
    ]
    if route.access == .anyone { operation.append("security", []) }
    if let roles = route.roles {
      operation.append("x-roles", .array(roles.map { .string($0.rawValue) }))
    }
    let parameters = parameters(route)
    if !parameters.isEmpty { operation.append("parameters", .array(parameters)) }
    if let body = route.description.body { operation.append("requestBody", value(body)) }
    operation.append("responses", .object(responses(route)))
    return operation
  }

  private func parameters(_ route: Route) -> [JSONValue] {
    let open = route.openNames.map { parameter($0, in: "path", route.schema(ofOpen: $0), true) }
    let query = route.description.query.map { field in
      parameter(field.name, in: "query", field.schema, field.isRequired, field.what)
    }
    guard route.description.isConditional else { return open + query }
    let what = "the ETag of the state that the caller knows: 412 if there is another"
    return open + query + [parameter("If-Match", in: "header", .string, false, what)]
  }

  private func parameter(
    _ name: String, in place: String, _ schema: Schema, _ isRequired: Bool, _ what: String? = nil
  ) -> JSONValue {
    var value: JSONObject = ["name": .string(name), "in": .string(place)]
    if let what { value.append("description", .string(what)) }
    value.append("required", .bool(isRequired))
    value.append("schema", schema.value)
    return .object(value)
  }

  private func value(_ body: RouteDescription.Body) -> JSONValue {
    let content = body.mediaTypes.map { type in
      let isForm = type == "multipart/form-data"
      let schema = isForm ? Schema.object(["file": body.schema]) : body.schema
      return (type, ["schema": schema.value] as JSONValue)
    }
    return ["required": .bool(!body.isOptional), "content": .object(JSONObject(content))]
  }

  private func responses(_ route: Route) -> JSONObject {
    let given = route.description.answers.map { ("\($0.status)", value($0)) }
    let refused = route.refusals.map { status -> (String, JSONValue) in
      let name = Self.name(ofRefusal: status)
      return ("\(status)", ["$ref": .string("#/components/responses/\(name)")])
    }
    return JSONObject(given + refused)
  }

  private func value(_ answer: RouteDescription.Answer) -> JSONValue {
    var value: JSONObject = ["description": .string(answer.what)]
    if !answer.headers.isEmpty {
      let schema: JSONValue = ["required": true, "schema": Schema.string.value]
      value.append("headers", .object(JSONObject(answer.headers.map { ($0, schema) })))
    }
    if let schema = answer.schema {
      let content: JSONObject = ["schema": schema.value]
      value.append("content", .object(JSONObject([(answer.mediaType, .object(content))])))
    }
    if let type = answer.made { value.append("links", .object(links(toA: type))) }
    return .object(value)
  }

  /// The operations that take the id of a document that was made.
  private func links(toA type: String) -> JSONObject {
    let root = "/api/\(TypePath.path(of: type))/{id}"
    let taking = routes.filter { $0.path == root || $0.path.hasPrefix(root + "/") }
    return JSONObject(
      taking.map { route in
        (
          route.identifier,
          [
            "operationId": .string(route.identifier),
            "parameters": ["id": "$response.body#/id"],
          ]
        )
      })
  }
}

/// What the statuses mean that the API refuses with.
enum Refusal {
  static func meaning(of status: Int) -> String {
    switch status {
    case 400: "malformed"
    case 401: "nobody is logged in, or the password is wrong"
    case 403: "the user may not do that"
    case 404: "there is no such thing, or the user may not see it"
    case 406: "the answer is in none of the forms that are accepted"
    case 409: "what is there does not allow it"
    case 410: "it is over"
    case 412: "the document has changed meanwhile"
    case 413: "the body is too large"
    case 415: "the body is in another form"
    case 422: "a value is wrong; `fields` says which"
    case 429: "too often; try again later"
    case 503: "not now; try again later"
    default: "refused"
    }
  }
}

extension Route {
  /// A name of its own: `post_patients_id_merge`.
  var identifier: String {
    ([method.lowercased()] + words).joined(separator: "_")
  }

  /// What it is about: `patients`.
  var subject: String { words.first ?? "" }

  /// The segments of the path without `api`, as names.
  private var words: [String] {
    path.split(separator: "/").map { part in
      String(part.map { $0 == "-" || $0 == "." ? "_" : $0 }.filter { $0 != "{" && $0 != "}" })
    }.filter { $0 != "api" }
  }

  /// Of an open segment of the path.
  fileprivate func schema(ofOpen name: String) -> Schema {
    // The id of a review item is a digest.
    path.hasPrefix("/api/review/") ? .string(pattern: "^[0-9a-f]{16}$") : .uuid
  }
}
