import HTTP
import JSON
import Platform

/// Somebody who uses the API of a running program.
final class UserAgent {
  struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let object: JSONObject

    subscript(name: String) -> JSONValue? { object[name] }
    var id: String { object["id"]?.stringValue ?? "" }
  }

  private let client: HTTPClient
  var token: String?

  init(_ address: String) throws {
    guard let endpoint = Endpoint(address) else { throw TestFailure("\(address) is no address") }
    client = try HTTPClient(connectingTo: endpoint, timeoutSeconds: 30)
  }

  func callAsFunction(
    _ method: String, _ target: String, _ body: JSONValue? = nil
  ) throws -> Answer {
    var headers: HTTPHeaders = ["Content-Type": "application/json"]
    if let token { headers.append("Authorization", "Bearer \(token)") }
    let response = try client.send(
      method: method, target: target, headers: headers, body: body?.bytes ?? [])
    let object = response.body.isEmpty ? nil : try JSONValue(parsing: response.body).objectValue
    return Answer(
      status: response.status, headers: response.headers, object: object ?? JSONObject())
  }

  /// The body of an answer that is no JSON.
  func text(_ method: String, _ target: String) throws -> String {
    let response = try client.send(
      method: method, target: target, headers: ["Authorization": "Bearer \(token ?? "")"])
    return String(decoding: response.body, as: UTF8.self)
  }

  /// - Returns: the status of the answer.
  @discardableResult
  func logIn(_ email: String, _ password: String) throws -> Int {
    token = nil
    let answer = try self(
      "POST", "/api/auth/login", ["email": .string(email), "password": .string(password)])
    token = answer["access_token"]?.stringValue
    return answer.status
  }
}
