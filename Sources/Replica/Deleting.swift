import Causality
import Clinic
package import Documents
import JSON
import Planted
import Storage

extension Replica {
  /// Puts a document into the trash. Refused while others depend on it. An erasure is refused for
  /// neither that nor because the document is in the trash already.
  ///
  /// - Throws: `notFound`, `inTrash`, or `conflict` if living documents restrict it.
  package func delete(_ key: DocumentKey, reason: DeleteReason) throws(ReplicaError) {
    if reason == .erasure, role == .laptop { return try requestErasure(of: key) }
    try transact { (transaction) throws(ReplicaError) in
      guard let document = try transaction.document(key) else {
        throw .notFound(type: key.type, name: key.id.description)
      }
      if reason != .erasure, try transaction.isDeleted(document) { throw .inTrash(key) }
      try requireWritable(key.type)
      try delete(key, reason: reason, in: &transaction)
    }
  }

  /// Asks the server to erase a document: it does so if an administrator asks (DESIGN, rule 12).
  private func requestErasure(of key: DocumentKey) throws(ReplicaError) {
    guard store.identity.enrolment != nil else {
      throw .conflict("erasure is done by a server, and this store is not enrolled at one")
    }
    try transact { (transaction) throws(ReplicaError) in
      guard try transaction.document(key) != nil else {
        throw .notFound(type: key.type, name: key.id.description)
      }
      var fields: JSONObject = [
        "document": key.reviewValue, "legal_ground": "request",
      ]
      fields["by"] = try transaction.authorUser().flatMap {
        transaction.fields($0)["name"]?.stringValue
      }.map { .string($0) }
      let ids = StableID(account: account, functions: world.clinic)
      let request = ids.id(type: "erasure_request", key: "\(key) \(transaction.dot)")
      try transaction.set(DocumentKey(type: "erasure_request", id: request), to: fields)
    }
  }

  /// Erases a document and all that belongs to it; whatever refers to it is no reason to keep it.
  func erase(
    _ key: DocumentKey, in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    guard let document = try transaction.document(key), !document.isErased else { return }
    let plan = try deletionPlan(of: key, isForced: true, in: transaction)
    for document in plan.documents {
      let cause = document == key ? nil : DeleteCause(document: key, dot: transaction.dot)
      try transaction.delete(document, reason: .erasure, cause: cause)
      try transaction.dropContent(document)
    }
    for reference in plan.cleared where !plan.documents.contains(reference.document.key) {
      try clear(reference, in: &transaction)
    }
  }

  func delete(
    _ key: DocumentKey, reason: DeleteReason, in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    if reason == .erasure { return try erase(key, in: &transaction) }
    let plan = try deletionPlan(of: key, in: transaction)
    for document in plan.documents {
      let hasCause = document != key && !planted(Fault.cascadeWithoutCause)
      let cause = hasCause ? DeleteCause(document: key, dot: transaction.dot) : nil
      try transaction.delete(document, reason: reason, cause: cause)
    }
    for reference in plan.cleared where !plan.documents.contains(reference.document.key) {
      try clear(reference, in: &transaction)
    }
  }

  /// What a delete takes with it, the document itself first, and which references it clears.
  /// - Parameter isForced: whether documents that restrict a delete go too, and those in the trash.
  private func deletionPlan(
    of key: DocumentKey, isForced: Bool = false, in transaction: LocalTransaction
  ) throws(ReplicaError) -> (documents: [DocumentKey], cleared: [Reference]) {
    var documents = [key]
    var cleared: [Reference] = []
    var next = 0
    while next < documents.count {
      let current = documents[next]
      next += 1
      for reference in try referring(to: current, includingDeleted: isForced, in: transaction) {
        let other = reference.document
        if reference.action == .setNull {
          // To write to what is in the trash would bring it back.
          if try !transaction.isDeleted(other) { cleared.append(reference) }
        } else if !isForced, reference.action == .restrict,
          isInTheWay(other, of: current, in: transaction)
        {
          throw .conflict("\(current) cannot be deleted: \(other.key) refers to it")
        } else if !documents.contains(other.key) {
          documents.append(other.key)
        }
      }
    }
    return (documents, cleared)
  }

  /// A document, one of whose fields names another document.
  private struct Reference {
    let document: Document
    let field: String
    let action: ReferenceAction
  }

  private func referring(
    to key: DocumentKey, includingDeleted: Bool, in transaction: LocalTransaction
  ) throws(ReplicaError) -> [Reference] {
    var found: [Reference] = []
    for reference in catalogue.references(to: key.type) {
      let naming = try transaction.documents(
        ofType: reference.type.name, index: reference.field.name, key: key.id.description)
      found += try (includingDeleted ? naming : transaction.living(among: naming)).map {
        Reference(document: $0, field: reference.field.name, action: reference.onDelete)
      }
    }
    return found.sorted { $0.document.key < $1.document.key }
  }

  /// Appointments that are cancelled or past, and what belongs to them, do not hold a patient back:
  /// they go into the trash with the patient, and come back with the patient.
  private func isInTheWay(
    _ document: Document, of key: DocumentKey, in transaction: LocalTransaction
  ) -> Bool {
    guard key.type == "patient" else { return true }
    let fields = transaction.fields(document)
    switch document.key.type {
    case "appointment":
      let status = fields["status"]?.stringValue ?? ""
      if AppointmentLifeCycle.freeingStatuses.contains(status) { return false }
      guard let date = fields["date"]?.stringValue.flatMap({ CivilDate($0) }) else { return true }
      let today = Int(now() / 86_400_000)
      return date.daysSince1970 >= today
    case "cancellation": return false
    default: return true
    }
  }

  private func clear(_ reference: Reference, in transaction: inout LocalTransaction)
    throws(ReplicaError)
  {
    guard let document = try transaction.document(reference.document.key),
      // The rest of it is elsewhere, and nothing is written to it here before that has come.
      !document.lacksContent
    else { return }
    var fields = transaction.fields(document)
    fields[reference.field] = nil
    try transaction.set(document.key, to: fields)
  }

  /// Brings a document back from the trash, with what was deleted because of it.
  ///
  /// - Throws: `notFound`, or `conflict` if it is not in the trash or was erased.
  package func restore(_ key: DocumentKey) throws(ReplicaError) {
    try transact { (transaction) throws(ReplicaError) in
      guard let document = try transaction.document(key) else {
        throw .notFound(type: key.type, name: key.id.description)
      }
      guard try transaction.isDeleted(document) else {
        throw .conflict("\(key) is not in the trash")
      }
      let reasons = document.standingDeletes { _ in true }.map(\.reason)
      if reasons.contains(.erasure) {
        throw .conflict("\(key) was erased: nothing can bring it back")
      }
      if document.lacksContent {
        throw .conflict("\(key) was in the trash for too long: its content is gone")
      }
      try transaction.undelete(key)
    }
  }
}
