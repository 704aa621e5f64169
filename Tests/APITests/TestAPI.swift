import Causality
import Clinic
import HTTP
package import JSON
import Replica
import ReplicaTestSupport
import Testing

@testable import API

extension JSONValue: Equatable {
  package static func == (a: JSONValue, b: JSONValue) -> Bool { a.isIdentical(to: b) }
}

/// An answer as a test looks at it.
struct Answer {
  let status: Int
  let headers: HTTPHeaders
  let object: JSONObject

  subscript(name: String) -> JSONValue? { object[name] }

  var items: [JSONObject] { object["items"]?.arrayValue?.compactMap(\.objectValue) ?? [] }
  var id: String { object["id"]?.stringValue ?? "" }
  var errorCode: String? { object["error"]?.objectValue?["code"]?.stringValue }
  /// The fields that an error names.
  var badFields: [String] {
    object["error"]?.objectValue?["fields"]?.arrayValue?
      .compactMap { $0.objectValue?["field"]?.stringValue } ?? []
  }
}

/// The API over a server's store, without sockets.
final class TestAPI {
  let server: TestReplica
  let clock = TestClock("2026-03-02T12:00:00Z")
  private let api = ClinicAPI()
  var caller = Caller(user: nil, role: .owner)

  init() throws { server = try TestReplica(clock: clock) }

  func callAsFunction(
    _ method: String, _ target: String, _ body: JSONValue? = nil, headers: HTTPHeaders = [:]
  ) throws -> Answer {
    try send(method, target, bytes: body?.bytes ?? [], headers: headers)
  }

  func send(
    _ method: String, _ target: String, bytes: [UInt8], headers: HTTPHeaders = [:]
  ) throws -> Answer {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let segments = parts[0].split(separator: "/").map(String.init)
    let query = parts.dropFirst().flatMap { $0.split(separator: "&") }.map { field in
      let sides = field.split(separator: "=", maxSplits: 1).map(String.init)
      return (name: sides[0], value: sides.count > 1 ? sides[1] : "")
    }
    let request = HTTPRequest(
      method: method, target: target, path: parts[0], segments: segments, query: query,
      headers: headers, body: bytes)
    let response = api.answer(request, by: caller, on: server.replica)
    let value = response.body.isEmpty ? nil : try JSONValue(parsing: response.body)
    expectDescribed(request, response.status, value)
    return Answer(
      status: response.status, headers: response.headers, object: value?.objectValue ?? JSONObject()
    )
  }

  /// Every answer must be as the API's description says, and what it took as well.
  private func expectDescribed(_ request: HTTPRequest, _ status: Int, _ answer: JSONValue?) {
    guard let route = try? api.route(request).route else { return }
    let checker = SchemaChecker(schemas: DescriptionTests.document.schemas)
    let name = "\(route.method) \(route.path): \(status)"
    if let given = route.description.answers.first(where: { $0.status == status }) {
      let problems = given.schema.map { checker.problems(of: answer ?? .null, $0.value) }
      #expect((problems ?? []) == [], "\(name)")
      guard let body = route.description.body, let sent = try? JSONValue(parsing: request.body)
      else { return }
      #expect(checker.problems(of: sent, body.schema.value) == [], "\(name)")
    } else {
      #expect(route.refusals.contains(status), "\(name) is not described")
      let problems = checker.problems(of: answer ?? .null, Schema.named("error").value)
      #expect(problems == [], "\(name)")
    }
  }

  /// Asks without a login; nil if one is needed.
  func openly(_ method: String, _ path: String) -> HTTPResponse? {
    api.answerOpenly(
      HTTPRequest(
        method: method, target: path, path: path,
        segments: path.split(separator: "/").map(String.init)))
  }

  /// Makes a document and expects that it worked.
  func make(_ path: String, _ body: JSONValue) throws -> Answer {
    let answer = try self("POST", "/api/\(path)/", body)
    try #require(answer.status == 201, "\(answer.object)")
    return answer
  }

  func patient(_ first: String, _ last: String, _ more: JSONObject = [:]) throws -> Answer {
    var body: JSONObject = ["first_name": .string(first), "last_name": .string(last)]
    for member in more.members { body.append(member.key, member.value) }
    return try make("patients", .object(body))
  }

  /// A user of a role who asks from now on.
  @discardableResult
  func becomeUser(_ role: Role, _ more: JSONObject = [:]) throws -> UniqueID {
    caller = Caller(user: nil, role: .owner)
    var body: JSONObject = [
      "email": .string("\(role.rawValue)@example.org"), "name": "Somebody",
      "role": .string(role.rawValue),
    ]
    for member in more.members { body.append(member.key, member.value) }
    let user = try make("users", .object(body))
    let id = try #require(UniqueID(user.id))
    caller = Caller(user: id, role: role)
    return id
  }
}
