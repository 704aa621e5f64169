package import Clinic
package import HTTP
package import JSON
package import Replica

/// Why a request was refused. Nothing has changed then.
package struct APIError: Error, Sendable {
  /// 400 … 599.
  package var status: Int
  /// For programs: `duplicate_email`.
  package var code: String
  /// For people.
  package var message: String
  package var fields: [FieldProblem]
  /// With 405: the methods that there are.
  var allowed: [String] = []
  /// With 429 and 503: after how long it may be tried again.
  var retryAfterSeconds: Int?

  package init(_ status: Int, _ code: String, _ message: String, fields: [FieldProblem] = []) {
    (self.status, self.code, self.message, self.fields) = (status, code, message, fields)
  }

  package var response: HTTPResponse {
    var response = HTTPResponse.json(status, ["error": value])
    if !allowed.isEmpty { response.headers.append("Allow", allowed.joined(separator: ", ")) }
    if let retryAfterSeconds { response.headers.append("Retry-After", "\(retryAfterSeconds)") }
    if status == 401 { response.headers.append("WWW-Authenticate", "Bearer") }
    return response
  }

  /// What stands under `error`.
  var value: JSONValue {
    [
      "code": .string(code), "message": .string(message),
      "fields": .array(
        fields.map { ["field": .string($0.field), "problem": .string($0.problem)] }),
    ]
  }

  package static func malformed(_ what: String) -> APIError { APIError(400, "malformed", what) }

  package static func forbidden(_ what: String) -> APIError { APIError(403, "forbidden", what) }

  package static func invalid(_ field: String, _ problem: String) -> APIError {
    APIError(422, "invalid", "\(field): \(problem)", fields: [FieldProblem(field, problem)])
  }

  /// - Parameter methods: those that the path has.
  package static func methodNotAllowed(_ methods: [String]) -> APIError {
    var error = APIError(
      405, "method_not_allowed", "this path takes \(methods.joined(separator: ", "))")
    error.allowed = methods
    return error
  }

  /// - Parameter seconds: how long the caller has to wait.
  package static func tooMany(_ what: String, waitSeconds seconds: Double) -> APIError {
    var error = APIError(429, "too_many_requests", what)
    error.retryAfterSeconds = max(1, Int(seconds.rounded(.up)))
    return error
  }

  package static let notFound = APIError(404, "not_found", "there is nothing here")
}

extension APIError {
  package init(_ error: ReplicaError) {
    let text = "\(error)"
    switch error {
    case .notFound, .inTrash: self = APIError(404, "not_found", text)
    case .exists: self = APIError(409, "exists", text)
    case .ambiguous: self = APIError(409, "ambiguous", text)
    case .conflict: self = APIError(409, "conflict", text)
    case .duplicate(let field, _):
      self = APIError(
        409, "duplicate_\(field)", text, fields: [FieldProblem(field, "is taken already")])
    case .invalid(_, let failure):
      self = APIError(422, "invalid", text, fields: failure.problems)
    case .badFile: self = APIError(422, "bad_file", text)
    case .storage, .sync, .unreachable, .notEnrolled:
      self = APIError(503, "unavailable", text)
    }
  }
}

/// Runs an operation of the replica and says what failed in the API's terms.
package func answering<Result>(
  _ operation: () throws(ReplicaError) -> Result
) throws(APIError) -> Result {
  do { return try operation() } catch { throw APIError(error) }
}

extension HTTPResponse {
  package static func json(_ status: Int, _ value: JSONValue) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"], body: value.bytes)
  }

  static func object(_ status: Int, _ object: JSONObject) -> HTTPResponse {
    json(status, .object(object))
  }
}
