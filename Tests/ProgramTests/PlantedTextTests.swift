import Foundation
import Glibc
import HTTP
import JSON
import Platform
import Testing

/// Texts that nobody else writes go through every endpoint; afterwards none of them stands where operators,
/// programs that watch or strangers read.
@Suite struct PlantedTextTests {
  private static let password = "plantedpassword correct horse"
  private let fixture: ProgramFixture
  private let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    try server.administer(
      [
        "user", "create", "--account", server.account, "--email", "plantedmail@example.org",
        "--role", "owner", "--name", "Plantedname Owner", "--password-stdin",
      ], input: Self.password)
    try server.stop()
    try server.start(["--debug", "on", "--signup", "on"])
  }

  /// One for each request: a refused one ends its connection.
  private func client() throws -> HTTPClient {
    try HTTPClient(connectingTo: try #require(Endpoint(server.address)), timeoutSeconds: 30)
  }

  /// What came back, for later.
  private final class Answers {
    var refused: [(what: String, body: String)] = []
    var secrets: Set<String> = []
  }

  private func send(
    _ method: String, _ target: String, _ body: [UInt8], _ headers: HTTPHeaders,
    _ answers: Answers
  ) throws -> HTTPResponse {
    let answer = try client().send(method: method, target: target, headers: headers, body: body)
    if answer.status >= 400 {
      answers.refused.append(
        ("\(method) \(target) \(answer.status)", String(decoding: answer.body, as: UTF8.self)))
    }
    return answer
  }

  private func login(_ answers: Answers) throws -> String {
    let form: JSONValue = [
      "email": "plantedmail@example.org", "password": .string(Self.password),
    ]
    let answer = try send(
      "POST", "/api/auth/login", form.bytes, ["Content-Type": "application/json"], answers)
    let token = try JSONValue(parsing: answer.body).objectValue?["access_token"]?.stringValue
    return try #require(token)
  }

  // MARK: - Requests from the description

  private struct Operation {
    let method: String
    let path: String
    let description: JSONObject
  }

  private func operations() throws -> (all: [Operation], schemas: JSONObject) {
    let answer = try client().send(method: "GET", target: "/openapi.json")
    let document = try #require(try JSONValue(parsing: answer.body).objectValue)
    var all: [Operation] = []
    for path in document["paths"]?.objectValue?.members ?? [] {
      for method in path.value.objectValue?.members ?? [] {
        guard let description = method.value.objectValue else { continue }
        all.append(
          Operation(method: method.key.uppercased(), path: path.key, description: description))
      }
    }
    let schemas = document["components"]?.objectValue?["schemas"]?.objectValue
    return (all, try #require(schemas))
  }

  /// A value of a schema with a planted text in every place that takes one.
  private func value(
    _ schema: JSONValue?, _ schemas: JSONObject, _ text: String, depth: Int = 0
  ) -> JSONValue {
    guard depth < 6, let object = schema?.objectValue else { return .string(text) }
    if let name = object["$ref"]?.stringValue?.split(separator: "/").last {
      return value(schemas[String(name)], schemas, text, depth: depth + 1)
    }
    for choice in ["anyOf", "oneOf"] {
      if let first = object[choice]?.arrayValue?.first {
        return value(first, schemas, text, depth: depth + 1)
      }
    }
    if let properties = object["properties"]?.objectValue {
      return .object(
        JSONObject(
          properties.members.map { ($0.key, value($0.value, schemas, text, depth: depth + 1)) }))
    }
    if object["type"]?.stringValue == "array" {
      return .array([value(object["items"], schemas, text, depth: depth + 1)])
    }
    return .string(text)
  }

  private func plantEverywhere(_ token: String?, _ answers: Answers) throws {
    let (operations, schemas) = try operations()
    #expect(operations.count > 100)
    for (number, operation) in operations.enumerated() {
      // The login goes on until all have been asked.
      if ["/api/auth/logout", "/api/auth/password"].contains(operation.path) { continue }
      let text = "plantedvalue\(number)x"
      var target = operation.path
      while let open = target.firstIndex(of: "{"), let end = target.firstIndex(of: "}") {
        target.replaceSubrange(open...end, with: "plantedpath\(number)x")
      }
      let query = (operation.description["parameters"]?.arrayValue ?? [])
        .compactMap(\.objectValue).filter { $0["in"]?.stringValue == "query" }
        .compactMap { $0["name"]?.stringValue }
      target +=
        "?" + (query + ["q", "plantedfield"]).map { "\($0)=\(text)" }.joined(separator: "&")
      let content = operation.description["requestBody"]?.objectValue?["content"]?.objectValue
      let schema = content?.members.first?.value.objectValue?["schema"]
      let body = content == nil ? [] : value(schema, schemas, text).bytes
      var headers: HTTPHeaders = [
        "Content-Type": content?.members.first?.key ?? "application/json", "X-Planted": text,
        "If-Match": "\"\(text)\"", "User-Agent": text, "Referer": "http://\(text)/",
      ]
      headers.append("Authorization", "Bearer \(token ?? "plantedtoken\(number)x")")
      _ = try send(operation.method, target, body, headers, answers)
      if !body.isEmpty {
        _ = try send(operation.method, target, Array("{\"\(text)\":".utf8), headers, answers)
      }
    }
  }

  // MARK: - Ordinary work

  private func work(_ token: String, _ answers: Answers) throws {
    let headers: HTTPHeaders = [
      "Content-Type": "application/json", "Authorization": "Bearer \(token)",
    ]
    func ask(_ method: String, _ target: String, _ body: JSONValue? = nil) throws -> JSONObject {
      let answer = try send(method, target, body?.bytes ?? [], headers, answers)
      let text = String(decoding: answer.body, as: UTF8.self)
      #expect(answer.status < 300, "\(method) \(target): \(text)")
      return (try? JSONValue(parsing: answer.body))?.objectValue ?? JSONObject()
    }
    let clinic = try ask("POST", "/api/clinics", ["name": "Plantedclinic"])["id"] ?? .null
    let patient = try ask(
      "POST", "/api/patients",
      [
        "first_name": "Plantedfirst", "last_name": "Plantedlast", "notes": "plantednote",
        "email": "plantedpatient@example.org", "phone": "555-7777", "clinic_id": clinic,
      ])
    let id = try #require(patient["id"]?.stringValue)
    for name in ["Plantedfirst", "plantedpatient@example.org", "555-7777"] {
      _ = try ask("GET", "/api/patients?q=\(name)")
    }
    _ = try ask("PATCH", "/api/patients/\(id)", ["notes": "plantednote again"])
    _ = try ask("GET", "/api/patients/\(id)/timeline")
    let user = try ask("GET", "/api/auth/me")["id"] ?? .null
    let invite = try ask(
      "POST", "/api/generate_invite",
      ["patient_id": .string(id), "custom_message": "plantedmessage", "provider_id": user])
    let inviteToken = try #require(
      invite["token"]?.stringValue ?? invite["invite_token"]?.stringValue)
    answers.secrets.insert(inviteToken)
    _ = try ask("POST", "/api/invites/verify", ["token": .string(inviteToken)])
    let code = try #require(try ask("POST", "/api/enrollment-codes", [:])["code"]?.stringValue)
    answers.secrets.insert(code)
    let csv =
      "external_id,first_name,last_name,notes\r\nM1,Plantedcsv,Plantedcsvlast,plantedcsvnote\r\n"
    var file = headers
    file.set("Content-Type", "text/csv")
    #expect(
      try send("POST", "/api/patients/import-csv", Array(csv.utf8), file, answers).status == 200)
    let laptop = try TestLaptop(fixture, "planted")
    try laptop.succeed(
      "enroll", "--server", server.url, "--code", code, "--device", "planteddevice")
    _ = try laptop.create("patient", #"{"first_name":"Plantedlaptop","last_name":"Plantedthere"}"#)
    try laptop.sync()
    let identity = try JSONValue(parsing: try readWhole("\(laptop.store)/store.json")).objectValue
    for name in ["refresh_token", "access_token"] {
      answers.secrets.insert(
        try #require(identity?["enrolment"]?.objectValue?[name]?.stringValue))
    }
  }

  private func failLogins(_ answers: Answers) throws {
    let json: HTTPHeaders = ["Content-Type": "application/json"]
    for body in [
      #"{"email":"plantedmail@example.org","password":"plantedwrong"}"#,
      #"{"email":"plantednobody@example.org","password":"plantedwrong"}"#,
      #"{"email":"plantedmail","password":["plantedwrong"]}"#, "plantedjunk",
    ] {
      _ = try send("POST", "/api/auth/login", Array(body.utf8), json, answers)
    }
    let device = "00000000-0000-4000-8000-000000000001"
    let enrol = """
      {"code":"PLANTEDCODE","device":"\(device)","replica":"\(device)","name":"planteddevicename"}
      """
    _ = try send("POST", "/sync/v1/enroll", Array(enrol.utf8), json, answers)
    for path in ["exchange", "histories", "watch", "surrender", "wiped", "plantedpath"] {
      var headers: HTTPHeaders = ["Satchel-Protocol": "1"]
      headers.append("Satchel-Refresh-Token", "plantedrefresh")
      headers.append("Authorization", "Bearer plantedaccess")
      _ = try send("POST", "/sync/v1/\(path)", Array("plantedstream".utf8), headers, answers)
    }
  }

  // MARK: - Looking for them

  private func expectNone(_ text: String, _ place: String, _ answers: Answers) {
    let found = text.range(of: "planted", options: .caseInsensitive).map { range in
      let start = text.index(range.lowerBound, offsetBy: -80, limitedBy: text.startIndex)
      return text[(start ?? text.startIndex)...].prefix(200)
    }
    #expect(found == nil, "\(place)")
    for secret in answers.secrets { #expect(!text.contains(secret), "a secret in \(place)") }
  }

  @Test func `nothing that people or programs sent stands in logs, audit, metrics or refusals`()
    throws
  {
    let answers = Answers()
    try failLogins(answers)
    let token = try login(answers)
    answers.secrets.insert(token)
    try work(token, answers)
    try plantEverywhere(nil, answers)
    try plantEverywhere(token, answers)
    for (what, body) in answers.refused {
      expectNone(body, what.split(separator: "?").first.map(String.init) ?? what, answers)
    }
    let metricsToken = try server.administer(["metrics-token"])
    let metrics = try client().send(
      method: "GET", target: "/metrics", headers: ["Authorization": "Bearer \(metricsToken)"])
    #expect(metrics.status == 200)
    answers.secrets.insert(metricsToken)
    expectNone(String(decoding: metrics.body, as: UTF8.self), "the metrics", answers)
    expectNone(try server.administer(["audit"]), "the audit", answers)
    let log = try #require(try server.stop()).errors
    #expect(log.split(separator: "\n").count > 400)
    expectNone(log, "the log", answers)
  }
}
