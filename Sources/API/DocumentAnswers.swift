package import Causality
import Clinic
package import Documents
package import HTTP
import JSON
import Replica

/// Documents as answers: visible fields, what follows for them from others, what is worked out.
extension APICall {
  /// A document as the caller sees it.
  func shown(_ document: Document) throws(APIError) -> JSONObject {
    try answering { () throws(ReplicaError) in
      try replica.answer(document, addingComputed: true)
    }
  }

  /// A living document that the caller may see.
  /// - Throws: 404 also for one that he may not see.
  func document(_ key: DocumentKey, _ visibility: Visibility) throws(APIError) -> Document {
    let found = try answering { () throws(ReplicaError) -> Document? in
      guard let document = try replica.document(key) else { return nil }
      let isVisible = try replica.looking { (clinic) throws(ReplicaError) in
        clinic.isShown(document) && visibility.includes(document, clinic)
      }
      return isVisible ? document : nil
    }
    guard let found else {
      throw APIError(404, "not_found", "there is no \(key.type) \(key.id)")
    }
    return found
  }

  /// A living document of a type that the caller may see.
  /// - Throws: 404 also for one that he may not see.
  package func visibleDocument(_ type: String, _ id: UniqueID) throws(APIError) -> Document {
    try document(DocumentKey(type: type, id: id), try Visibility(self))
  }

  /// The answer that shows a document after it was read or written.
  package func answer(_ status: Int, _ key: DocumentKey) throws(APIError) -> HTTPResponse {
    let document = try answering { () throws(ReplicaError) in try replica.document(key) }
    guard let document else { throw .notFound }
    return try answer(status, document)
  }

  func answer(_ status: Int, _ document: Document) throws(APIError) -> HTTPResponse {
    var response = HTTPResponse.object(status, try shown(document))
    response.headers.append("ETag", entityTag(of: document))
    if status == 201 {
      let path = TypePath.path(of: document.key.type)
      response.headers.append("Location", "/api/\(path)/\(document.key.id)")
    }
    return response
  }

  /// Names what a document holds: another one after each write that reached it.
  func entityTag(of document: Document) -> String {
    let versions = document.units.flatMap { unit in
      unit.versions.map { "\(unit.name) \($0.write.dot)" }
    }
    let digest = replica.world.digest(Array(versions.joined(separator: "\n").utf8))
    return "\"\(HexText.text(digest).prefix(16))\""
  }

  /// - Throws: 412 if the caller knows another state of the document than the one that is there.
  func requireMatch(_ document: Document) throws(APIError) {
    guard let condition = request.headers["If-Match"] else { return }
    let tags = condition.split(separator: ",").map { $0.filter { $0 != " " } }
    if tags.contains("*") || tags.contains(entityTag(of: document)) { return }
    throw APIError(412, "changed", "\(document.key) has changed meanwhile: read it again")
  }
}
