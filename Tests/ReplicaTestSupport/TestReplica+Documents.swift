import Causality
import Clinic
package import Documents
package import JSON
import Replica
import Storage

extension JSONObject {
  /// The document that an object names by `type` and `id`.
  package var key: DocumentKey? {
    guard let type = self["type"]?.stringValue,
      let id = self["id"]?.stringValue.flatMap({ UniqueID($0) })
    else { return nil }
    return DocumentKey(type: type, id: id)
  }

  package func without(_ names: [String]) -> JSONObject {
    JSONObject(members: members.filter { !names.contains($0.key) })
  }
}

extension TestReplica {
  package func put(_ documents: [JSONObject]) throws {
    try replica.transact { (tx) throws(ReplicaError) in
      for document in documents {
        guard let key = document.key else { continue }
        _ = try tx.set(key, to: document.without(["type", "id"]))
      }
    }
  }

  /// A document as a vector shows it: what is visible, and what follows from others.
  package func shown(_ key: DocumentKey) throws -> JSONObject {
    try replica.looking { (clinic) throws(ReplicaError) in
      var object: JSONObject = ["type": .string(key.type), "id": .string(key.id.description)]
      guard let subject = clinic.subject(key), clinic.isLiving(key) else {
        object["deleted"] = true
        return object
      }
      for member in subject.fields.members { object.append(member.key, member.value) }
      for member in clinic.effectiveFields(of: subject.document).members {
        object.append(member.key, member.value)
      }
      return object
    }
  }
}

/// In the form of RFC 8785.
package func canonical(_ object: JSONObject) -> String {
  let bytes = try? JSONValue.object(object).canonicalBytes()
  return String(decoding: bytes ?? [], as: UTF8.self)
}

extension JSONObject {
  /// Both; what the other says counts.
  package func merging(_ other: JSONObject) -> JSONObject {
    var result = self
    for member in other.members { result[member.key] = member.value }
    return result
  }
}

extension TestReplica {
  /// Changes some fields of a patient, or makes one.
  package func carryOut(_ number: UInt64, _ patch: JSONObject, _ key: DocumentKey) throws {
    try replica.transact { (transaction) throws(ReplicaError) in
      let before = try transaction.document(key).map(transaction.fields) ?? JSONObject()
      _ = try transaction.set(key, to: before.merging(patch))
    }
  }

  /// Everything that must be equal where nothing is under way: a line for each document, all its versions
  /// included, and what is known.
  package func state() throws -> [String] {
    let rules = replica.rules
    return try replica.read { (tables) throws(ReplicaError) in
      var lines = tables.knowledge.entries.map { "\($0.replica) \($0.number)" }
      let hash = tables.history.hash(at: tables.knowledge) ?? []
      lines.append(HexText.text(hash))
      for type in tables.typeNames {
        let documents: [Document]
        do throws(StorageError) { documents = try tables.documents(ofType: type) } catch {
          throw ReplicaError.storage(error)
        }
        for document in documents {
          var bytes: [UInt8] = []
          var encoder = DocumentEncoder(embedsTable: true)
          encoder.encode(document, rules.type(type), into: &bytes)
          lines.append(String(decoding: bytes, as: UTF8.self))
        }
      }
      return lines
    }
  }
}
