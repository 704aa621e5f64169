package import Causality
import Clinic
import Documents
package import HTTP
package import JSON
package import Replica

/// A request that was matched with its route.
package struct APICall: Sendable {
  package let replica: Replica
  package let caller: Caller
  package let request: HTTPRequest
  /// The segments of the path that the route leaves open, by their names.
  let known: KnownVisibility
  package let parameters: [String: String]

  /// The document's id in the path.
  /// - Throws: 404: nothing can be there under another name.
  package func id(_ name: String = "id") throws(APIError) -> UniqueID {
    guard let id = parameters[name].flatMap({ UniqueID($0) }) else { throw .notFound }
    return id
  }

  /// A field of the query; nil if it is not there.
  package func query(_ name: String) -> String? { request.query.first { $0.name == name }?.value }

  /// - Throws: 422 if it is there and no whole number of the range.
  package func number(_ name: String, _ range: ClosedRange<Int>) throws(APIError) -> Int? {
    guard let text = query(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .invalid(name, "is no number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// - Throws: 422 if it is there and neither `true` nor `false`.
  package func flag(_ name: String) throws(APIError) -> Bool? {
    switch query(name) {
    case nil: return nil
    case "true": return true
    case "false": return false
    default: throw .invalid(name, "is neither true nor false")
    }
  }

  /// A value in the spelling in which a field holds it.
  /// - Throws: 422 for a value that the field cannot have.
  func normal(_ text: String, _ field: FieldDefinition) throws(APIError) -> String {
    do { return try replica.validator().normalText(text, of: field) } catch {
      throw APIError(422, "invalid", "\(error)", fields: error.problems)
    }
  }

  /// A text in the body that a field of a type could have, whether it is kept or not.
  /// - Throws: 422 if it could not.
  func text(
    _ name: String, or alias: String? = nil, in members: Members, as field: String, of type: String
  ) throws(APIError) -> String? {
    guard let text = try members.optionalText(name, or: alias) else { return nil }
    if let field = replica.catalogue.type(named: type)?.field(named: field) {
      _ = try normal(text, field)
    }
    return text
  }

  /// The JSON object in the body.
  /// - Throws: 400 for anything else.
  package func body() throws(APIError) -> JSONObject { try Members(parsing: request.body).object }

  /// The JSON object in the body; an empty one if there is no body.
  package func optionalBody() throws(APIError) -> JSONObject {
    request.body.isEmpty ? JSONObject() : try body()
  }
}

/// Reads the members of a request's body, each of one form.
package struct Members {
  let object: JSONObject

  package init(_ object: JSONObject) { self.object = object }

  /// - Throws: 400 if the bytes are no JSON object.
  package init(parsing bytes: [UInt8]) throws(APIError) {
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes) } catch {
      throw .malformed("the body is no JSON: \(error)")
    }
    guard let object = value.objectValue else { throw .malformed("the body is no JSON object") }
    self.object = object
  }

  /// - Parameter alias: another name of the member.
  /// - Throws: 422 if the member is not there, or no text.
  package func text(_ name: String, or alias: String? = nil) throws(APIError) -> String {
    guard let text = try optionalText(name, or: alias) else { throw .invalid(name, "is required") }
    return text
  }

  /// - Throws: 422 if the member is there and no text. Null is nothing.
  package func optionalText(_ name: String, or alias: String? = nil) throws(APIError) -> String? {
    let (own, other) = (present(name), alias.flatMap(present))
    if let alias, let own, let other, !own.isIdentical(to: other) {
      throw .invalid(alias, "differs from \(name), which is the same field")
    }
    guard let value = own ?? other else { return nil }
    guard let text = value.stringValue else { throw .invalid(name, "is no text") }
    return text
  }

  package func id(_ name: String) throws(APIError) -> UniqueID {
    guard let id = try optionalID(name) else { throw .invalid(name, "is required") }
    return id
  }

  /// - Throws: 422 if the member is there and no UUID. An empty text is nothing, as in documents.
  package func optionalID(_ name: String, or alias: String? = nil) throws(APIError) -> UniqueID? {
    guard let text = try optionalText(name, or: alias), !text.isEmpty else { return nil }
    guard let id = UniqueID(text) else { throw .invalid(name, "is no UUID") }
    return id
  }

  package func optionalInt(_ name: String) throws(APIError) -> Int? {
    guard let value = present(name) else { return nil }
    guard let number = value.intValue else {
      throw .invalid(name, "is no whole number, written without point and exponent")
    }
    return number
  }

  package func optionalFlag(_ name: String) throws(APIError) -> Bool? {
    guard let value = present(name) else { return nil }
    guard let flag = value.boolValue else { throw .invalid(name, "is neither true nor false") }
    return flag
  }

  /// - Throws: 422 if the member is no list, or too long.
  package func list(_ name: String, most: Int) throws(APIError) -> [JSONValue] {
    guard let list = present(name)?.arrayValue else { throw .invalid(name, "is no list") }
    guard list.count <= most else { throw .invalid(name, "has more than \(most) entries") }
    return list
  }

  private func present(_ name: String) -> JSONValue? {
    object[name].flatMap { $0.isNull ? nil : $0 }
  }
}
