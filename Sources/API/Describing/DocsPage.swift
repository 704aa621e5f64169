import Clinic
import Documents
import JSON

/// The description of the API for people: one page that runs no script, loads nothing and can be printed.
struct DocsPage {
  let routes: [Route]
  let catalogue: Catalogue
  let program: String

  var text: String {
    HTML.page(
      title: "Satchel: \(program)", style: Self.style,
      [
        .element("h1", "Satchel: \(program)"), introduction, contents, .element("h2", "Endpoints"),
      ] + routes.map(endpoint) + [.element("h2", "Types")]
        + catalogue.types.map { TypeSection(type: $0).html }
    ).source
  }

  private var introduction: HTML {
    .element(
      "p",
      """
      Requests and answers are JSON (UTF-8); the token of a login goes into the header Authorization: Bearer TOKEN. \
      A refusal is {"error":{"code","message","fields"}}; a method that a path does not have is answered 405 with \
      Allow. Fields that are not described here are kept and given back as they came. The same for programs is at \
      /openapi.json.
      """)
  }

  private var contents: HTML {
    let endpoints = routes.map { route in
      HTML.element("li", [:], [.link("\(route.method) \(route.path)", to: route.identifier)])
    }
    let types = catalogue.types.map { type in
      HTML.element("li", [:], [.link(type.name, to: TypeSection.anchor(type.name))])
    }
    return .element("nav", [:], [.element("ul", [:], endpoints), .element("ul", [:], types)])
  }

  // MARK: - Endpoints

  private func endpoint(_ route: Route) -> HTML {
    let description = route.description
    var parts: [HTML] = [
      .element("h3", "\(route.method) \(route.path)"), .element("p", route.summary),
      .element("p", "For " + (route.roles.map(Self.names) ?? "anyone, without a login")),
    ]
    if !description.query.isEmpty {
      parts.append(
        .table(
          ["Parameter", "Value", "What it does"],
          description.query.map { field in
            [
              HTML(field.name + (field.isRequired ? " (required)" : "")),
              SchemaText(field.schema).html, HTML(field.what),
            ]
          }))
    }
    if let body = description.body { parts.append(self.body(body)) }
    parts.append(.table(["Status", "Meaning", "Body"], statuses(route)))
    return .element("section", ["id": route.identifier], parts)
  }

  private static func names(_ roles: [Role]) -> String {
    roles.map(\.rawValue).joined(separator: ", ")
  }

  private func body(_ body: RouteDescription.Body) -> HTML {
    let kind =
      "Body\(body.isOptional ? " (optional)" : ""), "
      + body.mediaTypes.joined(separator: " or ") + ": "
    return .element("p", [:], [HTML(kind), SchemaText(body.schema).html])
  }

  private func statuses(_ route: Route) -> [[HTML]] {
    let given = route.description.answers.map { answer -> [HTML] in
      let headers =
        answer.headers.isEmpty
        ? "" : "; with " + answer.headers.joined(separator: ", ")
      return [
        HTML("\(answer.status)"), HTML(answer.what + headers),
        answer.schema.map { SchemaText($0).html } ?? "",
      ]
    }
    return given
      + route.refusals.map { [HTML("\($0)"), HTML(Refusal.meaning(of: $0)), ""] }
  }

  private static let style = """
    body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
    h2{margin-top:3rem}h3{margin:2rem 0 .3rem;font-family:ui-monospace,monospace;font-size:1rem}
    p{margin:.3rem 0}nav ul{columns:3;font-size:.85rem;padding-left:1.2rem}
    table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.85rem}
    th,td{border:1px solid #ccc;padding:.2rem .4rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
    th{background:#f3f3f3}a{color:#055}
    @media(max-width:50rem){nav ul{columns:1}}
    @media print{nav{display:none}body{max-width:none;margin:0}section{break-inside:avoid-page}a{color:inherit}}
    """
}

/// A type of documents: its fields with their limits, how they merge, and where references lead.
struct TypeSection {
  let type: TypeDefinition

  static func anchor(_ type: String) -> String { "type_\(type)" }

  var html: HTML {
    let kind =
      (type.isAppendOnly ? "Written once, never edited. " : "")
      + (type.isServerAuthoritative ? "Written on the server only." : "")
    let rows = type.fields.filter { !$0.isServerOnly }.map { field in
      [
        HTML(field.name), HTML(limits(field)), HTML(notes(field)), HTML(unit(field)),
        reference(field),
      ]
    }
    return .element(
      "section", ["id": Self.anchor(type.name)],
      [
        .element("h3", type.name), .element("p", kind),
        .table(["Field", "Value", "", "Merges with (rule)", "Refers to (on delete)"], rows),
      ])
  }

  private func limits(_ field: FieldDefinition) -> String { SchemaText(field.kind.schema).text }

  private func notes(_ field: FieldDefinition) -> String {
    var notes: [String] = []
    switch field.use {
    case .readOnly: notes.append("read only")
    case .computed: notes.append("worked out for answers")
    case .request: notes.append("directs a request, not kept")
    case .stored where type.writeOnceFields.contains(field.name):
      notes.append("keeps its first value")
    case .stored, .serverOnly: break
    }
    if field.isRequired { notes.append(type.isFilledIn(field.name) ? "filled in" : "required") }
    if let value = field.defaultValue { notes.append("default \(plainText(value))") }
    if !field.aliases.isEmpty { notes.append("also \(field.aliases.joined(separator: ", "))") }
    if case .choice(let choice) = field.kind {
      notes += choice.aliases.sorted { $0.key < $1.key }.map { "\($0.key) is taken as \($0.value)" }
    }
    return notes.joined(separator: "; ")
  }

  private func unit(_ field: FieldDefinition) -> String {
    guard field.isStored, let unit = type.units.first(where: { $0.fields.contains(field.name) })
    else { return "" }
    let what =
      switch unit.shape {
      case .fields: unit.fields.count > 1 ? unit.name : "alone"
      case .set: "each element alone"
      case .map: "each key alone"
      }
    return unit.rule == "-" ? what : "\(what) (\(unit.rule))"
  }

  private func reference(_ field: FieldDefinition) -> HTML {
    guard case .reference(let target, let action) = field.kind else { return "" }
    let effect =
      switch action {
      case .restrict: "the delete is refused"
      case .cascade: "this is deleted too"
      case .setNull: "this is cleared"
      }
    return .element("span", [:], [.link(target, to: Self.anchor(target)), HTML(" (\(effect))")])
  }
}

/// A schema in a few words.
struct SchemaText {
  private let schema: JSONObject

  init(_ schema: Schema) { self.schema = schema.keywords }

  private init(_ value: JSONValue?) { schema = value?.objectValue ?? JSONObject() }

  var html: HTML { HTML(text) }

  var text: String {
    if let name = schema["$ref"]?.stringValue {
      return String(name.split(separator: "/").last ?? "")
    }
    if let values = schema["enum"]?.arrayValue {
      return values.map(Self.spelled).joined(separator: ", ")
    }
    for (keyword, word) in [("allOf", " with "), ("anyOf", " or ")] where schema["type"] == nil {
      guard let parts = schema[keyword]?.arrayValue else { continue }
      return parts.map { SchemaText($0).text }.joined(separator: word)
    }
    let types = schema["type"]?.arrayValue ?? [schema["type"] ?? .null]
    let names = types.map { $0.stringValue.map(words) ?? "any value" }
    return names.joined(separator: " or ")
  }

  private static func spelled(_ value: JSONValue) -> String {
    switch value {
    case .string(""): "empty"
    case .string(let text): text
    default: plainText(value)
    }
  }

  private func words(_ type: String) -> String {
    switch type {
    case "string":
      (schema["format"]?.stringValue ?? "text")
        + (schema["maxLength"].map { ", at most \(plainText($0))" } ?? "")
    case "integer":
      "whole number"
        + (schema["maximum"].map { " \(plainText(schema["minimum"] ?? 0)) to \(plainText($0))" }
          ?? "")
    case "array": "list of \(SchemaText(schema["items"]).text)"
    case "object": object
    default: type
    }
  }

  private var object: String {
    guard let members = schema["properties"]?.objectValue?.members else { return "object" }
    let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
    let parts = members.map { member in
      "\(member.key)\(required.contains(member.key) ? "" : "?"): \(SchemaText(member.value).text)"
    }
    return "{" + parts.joined(separator: "; ") + "}"
  }
}
