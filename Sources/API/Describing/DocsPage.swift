import Clinic
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
        .element("h1", "Satchel: \(program)"), introduction, refusals, contents,
        .element("h2", "Endpoints"),
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

  private var refusals: HTML {
    .table(
      ["Refusal", "Meaning"],
      Set(routes.flatMap(\.refusals)).sorted().map {
        [HTML("\($0)"), HTML(Refusal.meaning(of: $0))]
      })
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
    parts.append(.table(["Status", "Meaning", "Body"], answers(route)))
    let refusals = route.refusals.map { "\($0)" }.joined(separator: ", ")
    parts.append(.element("p", "Refuses with \(refusals)"))
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

  private func answers(_ route: Route) -> [[HTML]] {
    route.description.answers.map { answer in
      let headers =
        answer.headers.isEmpty ? "" : "; with " + answer.headers.joined(separator: ", ")
      return [
        HTML("\(answer.status)"), HTML(answer.what + headers),
        answer.schema.map { SchemaText($0).html } ?? "",
      ]
    }
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
