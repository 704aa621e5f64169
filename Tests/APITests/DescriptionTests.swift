import Clinic
import HTTP
import JSON
import ReplicaTestSupport
import Testing

@testable import API

/// The API's description of itself.
@Suite struct DescriptionTests {
  static let routes = ClinicAPI().routes
  static let document = OpenAPIDocument(
    routes: routes, catalogue: .standard, program: "satchel")
  private var document: JSONObject { Self.document.value.objectValue ?? JSONObject() }
  private var paths: JSONObject { document["paths"]?.objectValue ?? JSONObject() }

  @Test func `every route is described, and nothing else is`() {
    var described: [String] = []
    for path in paths.members {
      for method in path.value.objectValue?.keys ?? [] {
        described.append("\(method.uppercased()) \(path.key)")
      }
    }
    let routes = Self.routes.map { "\($0.method) \($0.path)" }
    #expect(Set(described) == Set(routes) && described.count == routes.count)
    for route in Self.routes {
      #expect(!route.description.answers.isEmpty, "\(route.identifier) does not say what it gives")
      let writes = ["PUT", "PATCH"].contains(route.method)
      #expect(!writes || route.description.body != nil, "\(route.identifier)")
    }
    #expect(Set(Self.routes.map(\.identifier)).count == routes.count)
  }

  @Test func `the document has what OpenAPI asks for`() throws {
    #expect(document["openapi"] == "3.1.0")
    let info = try #require(document["info"]?.objectValue)
    #expect(info["title"]?.stringValue != nil && info["version"]?.stringValue != nil)
    for path in paths.members {
      #expect(path.key.hasPrefix("/"))
      for operation in path.value.objectValue?.members ?? [] {
        let responses = operation.value.objectValue?["responses"]?.objectValue
        let statuses = responses?.keys.compactMap(Int.init) ?? []
        #expect(statuses.contains { (200..<300).contains($0) } && statuses == statuses.sorted())
        #expect(responses?.count == statuses.count, "\(path.key)")
        #expect(names(ofParameters: operation.value) == openNames(path.key), "\(path.key)")
      }
    }
  }

  private func names(ofParameters operation: JSONValue) -> [String] {
    let parameters =
      operation.objectValue?["parameters"]?.arrayValue?.compactMap(\.objectValue) ?? []
    return parameters.filter { $0["in"] == "path" && $0["required"] == true }
      .compactMap { $0["name"]?.stringValue }
  }

  private func openNames(_ path: String) -> [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
      String($0.dropFirst().dropLast())
    }
  }

  @Test func `every reference leads somewhere, and every schema is used`() {
    let components = document["components"]?.objectValue ?? JSONObject()
    var used: Set<String> = []
    for reference in references(in: .object(document)) {
      let parts = reference.split(separator: "/").map(String.init)
      let (kind, name) = (parts.dropLast().last ?? "", parts.last ?? "")
      #expect(components[kind]?.objectValue?[name] != nil, "\(reference)")
      used.insert(name)
    }
    for name in components["schemas"]?.objectValue?.keys ?? [] {
      #expect(used.contains(name), "\(name) is described for nothing")
    }
  }

  private func references(in value: JSONValue) -> [String] {
    let members = value.objectValue?.members ?? []
    let own = members.filter { $0.key == "$ref" }.compactMap(\.value.stringValue)
    return own + members.flatMap { references(in: $0.value) }
      + (value.arrayValue ?? []).flatMap(references)
  }

  @Test(arguments: Catalogue.standard.types.map(\.name))
  func `every field is described, but those that only the server knows`(name: String) throws {
    let type = try #require(Catalogue.standard.type(named: name))
    guard let place = TypePath.all.first(where: { $0.type == name }) else { return }
    let shown = properties(name)
    let taken = properties(TypeSchemas.nameOfNew(name))
    for field in type.fields {
      #expect(shown.contains(field.name) == (field.isStored || field.isComputed), "\(field.name)")
      let isWritten = (field.use == .stored || field.use == .request) && !place.isReadOnly
      for name in [field.name] + field.aliases {
        #expect(taken.contains(name) == isWritten, "\(name)")
      }
    }
    #expect(shown.starts(with: ["id", "type", "account_id"]))
  }

  private func properties(_ schema: String) -> [String] {
    Self.document.schemas[schema]?.objectValue?["properties"]?.objectValue?.keys ?? []
  }

  @Test func `what is written once has no way to be changed`() {
    for place in TypePath.all {
      guard Catalogue.standard.type(named: place.type)?.isAppendOnly == true else { continue }
      #expect(paths["/api/\(place.path)/{id}"]?.objectValue?.keys == ["get"])
    }
  }

  @Test func `both forms are open and always the same`() throws {
    let (api, again) = (try TestAPI(), try TestAPI())
    for path in ["/openapi.json", "/docs"] {
      let answer = try #require(api.openly("GET", path))
      #expect(answer.status == 200 && answer.body == again.openly("GET", path)?.body)
    }
    #expect(api.openly("POST", "/docs")?.status == 405)
    #expect(api.openly("GET", "/api/patients") == nil, "it needs a login")
  }

  @Test func `the page loads nothing, and lists every endpoint and every field`() throws {
    let body = try #require(try TestAPI().openly("GET", "/docs")?.body)
    let page = String(decoding: body, as: UTF8.self)
    for word in ["<script", "http:", "https://cdn", "<img", "<link", "url(", "@import"] {
      #expect(!page.contains(word), "\(word)")
    }
    for route in Self.routes { #expect(page.contains("<h3>\(route.method) \(route.path)</h3>")) }
    for type in Catalogue.standard.types {
      let section = try #require(page.split(separator: "id=\"type_\(type.name)\"").last)
      for field in type.fields where !field.isServerOnly {
        #expect(section.contains("<td>\(field.name)</td>"), "\(type.name).\(field.name)")
      }
    }
    let places = Set(page.matches(of: /id="([^"]*)"/).map { String($0.1) })
    for link in page.matches(of: /href="#([^"]*)"/) {
      #expect(places.contains(String(link.1)), "\(link.1) leads nowhere")
    }
    #expect(!page.contains("password_hash") && !page.contains("google_id"))
  }

  @Test func `texts are escaped on the page`() {
    let evil = Route(open: "GET", "/<x>", "a & \"b\" <script>'") { _ in HTTPResponse(status: 200) }
      .asks("<q>", .oneOf(["<v>"]), "<w>").gives(200, "<z>")
    let page = DocsPage(routes: [evil], catalogue: .standard, program: "<p>").text
    #expect(page.contains("a &amp; &quot;b&quot; &lt;script&gt;&#39;"))
    for text in ["<x>", "<script>", "<q>", "<v>", "<w>", "<z>", "<p>Sat", ": <p>"] {
      #expect(!page.contains(text), "\(text)")
    }
  }
}

/// What heads say about requests.
@Suite struct RequestFormTests {
  let api: TestAPI

  init() throws { api = try TestAPI() }

  @Test(arguments: ["text/xml", "text/plain; charset=utf-8", "multipart/form-data; boundary=x"])
  func `a body in another form is refused`(type: String) throws {
    let answer = try api.send(
      "POST", "/api/patients", bytes: Array("{}".utf8), headers: ["Content-Type": type])
    #expect(answer.status == 415 && answer.errorCode == "unsupported_media_type")
  }

  @Test(arguments: [
    "application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json",
  ])
  func `JSON is taken under its names`(type: String) throws {
    let id = try api.patient("Ana", "Lima").id
    let answer = try api(
      "PATCH", "/api/patients/\(id)", ["phone": "1"], headers: ["Content-Type": type])
    #expect(answer.status == 200)
  }

  @Test func `whoever takes no JSON gets none`() throws {
    for (accept, status) in [
      ("text/html", 406), ("application/json;q=0", 406), ("text/html, application/json", 200),
      ("*/*", 200), ("application/*; q=0.5", 200), ("application/fhir+json", 406),
    ] {
      let answer = try api("GET", "/api/patients", headers: ["Accept": accept])
      #expect(answer.status == status, "\(accept)")
    }
  }

  @Test func `a field of the query stands once, and must be possible`() throws {
    #expect(try api("GET", "/api/patients?limit=1&limit=2").badFields == ["limit"])
    for query in [
      "status=unknown", "clinic_id=7", "date_of_birth=yesterday", "has_pending_invite=perhaps",
    ] {
      #expect(try api("GET", "/api/patients?\(query)").status == 422, "\(query)")
    }
    _ = try api.patient("Ana", "Lima")
    #expect(try api("GET", "/api/patients?clinic_id=")["total"]?.intValue == 1, "those without")
  }

  @Test func `a path of its own is no document`() throws {
    let answer = try api("DELETE", "/api/patients/bulk")
    #expect(answer.status == 405 && answer.headers["Allow"] == "POST")
  }
}
