package import Causality
package import Clinic
package import Documents
package import JSON
import Platform

/// Documents as people and programs see them: fields in, fields out, checked by the catalogue.
extension Replica {
  package func validator(allowsReadOnlyFields: Bool = false) -> Validator {
    Validator(
      catalogue: catalogue, functions: world.clinic, now: now(),
      allowsReadOnlyFields: allowsReadOnlyFields)
  }

  package func newID() -> UniqueID {
    guard let id = UniqueID(randomBytes: world.random.bytes(16)) else {
      preconditionFailure("a random source gave another number of bytes")
    }
    return id
  }

  /// The id that an input names, or a new one.
  package func documentID(
    of input: JSONObject, type: String
  ) throws(ReplicaError) -> UniqueID {
    guard let value = input["id"] else { return newID() }
    guard let id = value.stringValue.flatMap({ UniqueID($0) }) else {
      throw .invalid(type: type, ValidationFailure([FieldProblem("id", "is no UUID")]))
    }
    return id
  }

  /// Creates a document in a transaction.
  /// - Returns: its key, and whether anything was written: creating the same again is no write.
  /// - Throws: `invalid`, `exists` with another content, `inTrash`, `conflict`.
  @discardableResult
  package func create(
    _ input: JSONObject, type: String, in transaction: inout LocalTransaction,
    validator: Validator? = nil
  ) throws(ReplicaError) -> DocumentKey {
    try requireWritable(type)
    let id = try documentID(of: input, type: type)
    let key = DocumentKey(type: type, id: id)
    let envelope: JSONObject = [
      "id": .string(id.description), "type": .string(type),
      "account_id": .string(account.description),
    ]
    let fields = try normalised(
      input, type: type, mode: .create, envelope, validator ?? self.validator())
    if let existing = try transaction.document(key) {
      guard try !transaction.isDeleted(existing) else { throw .inTrash(key) }
      guard transaction.fields(existing).isIdentical(to: fields) else { throw .exists(key) }
      return key
    }
    try checkReferences(fields, type: type, in: transaction)
    try checkUnique(fields, input: input, key: key, in: transaction)
    try transaction.create(key, fields)
    return key
  }

  /// Changes a document by a merge patch (RFC 7396). Writes only units whose value differs.
  /// - Returns: whether anything was written.
  @discardableResult
  package func update(
    _ key: DocumentKey, patch: JSONObject, in transaction: inout LocalTransaction,
    validator: Validator? = nil
  ) throws(ReplicaError) -> Bool {
    try requireWritable(key.type)
    guard let document = try transaction.document(key) else {
      throw .notFound(type: key.type, name: key.id.description)
    }
    guard try !transaction.isDeleted(document) else { throw .inTrash(key) }
    if document.lacksContent { throw .incomplete(key) }
    let before = transaction.fields(document)
    let fields = try normalised(
      patch, type: key.type, mode: .update(existing: before), envelope(of: document),
      validator ?? self.validator())
    if fields.isIdentical(to: before) { return false }
    try checkReferences(fields, unless: before, type: key.type, in: transaction)
    try checkUnique(fields, unless: before, input: patch, key: key, in: transaction)
    return try transaction.set(key, to: fields)
  }

  package func normalised(
    _ input: JSONObject, type: String, mode: Validator.Mode, _ envelope: JSONObject,
    _ validator: Validator
  ) throws(ReplicaError) -> JSONObject {
    let fields: JSONObject
    do {
      fields = try validator.normalise(input, type: type, mode: mode, envelope: envelope)
    } catch {
      throw .invalid(type: type, error)
    }
    let problems = fields.members.compactMap { member in
      DocumentLimits.problem(of: member.value).map { FieldProblem(member.key, $0) }
    }
    guard problems.isEmpty else { throw .invalid(type: type, ValidationFailure(problems)) }
    return fields
  }

  /// Only the server writes users and accounts.
  func requireWritable(_ type: String) throws(ReplicaError) {
    guard let definition = catalogue.type(named: type) else {
      let failure = ValidationFailure(unknownType: type, known: catalogue.types.map(\.name))
      throw .invalid(type: type, failure)
    }
    if definition.isServerAuthoritative, role == .laptop {
      throw .conflict("\(definition.plural) are changed on the server only")
    }
  }

  // MARK: - Rules over several documents

  /// Every reference must name a living document of this account.
  private func checkReferences(
    _ fields: JSONObject, unless before: JSONObject = JSONObject(), type: String,
    in transaction: LocalTransaction
  ) throws(ReplicaError) {
    guard let definition = catalogue.type(named: type) else { return }
    var problems: [FieldProblem] = []
    for field in definition.fields where field.isStored {
      guard case .reference(let target, _) = field.kind, let value = fields[field.name],
        before[field.name]?.isIdentical(to: value) != true,
        let id = value.stringValue.flatMap({ UniqueID($0) })
      else { continue }
      if try !transaction.isLiving(DocumentKey(type: target, id: id)) {
        problems.append(FieldProblem(field.name, "there is no \(target) \(id)"))
      }
    }
    if !problems.isEmpty { throw .invalid(type: type, ValidationFailure(problems)) }
  }

  /// A breach of uniqueness is refused on one replica; between replicas it is only flagged.
  private func checkUnique(
    _ fields: JSONObject, unless before: JSONObject = JSONObject(), input: JSONObject,
    key: DocumentKey, in transaction: LocalTransaction
  ) throws(ReplicaError) {
    let allowsEmail = input["allow_duplicate_email"]?.boolValue == true
    for rule in Self.uniqueRules where rule.type == key.type {
      guard !(allowsEmail && rule.field == "email") else { continue }
      for index in rule.indexes {
        guard let value = IndexDefinition.key(named: index, fields, .system) else { continue }
        let isOld = rule.indexes.contains {
          IndexDefinition.key(named: $0, before, .system) == value
        }
        if isOld { continue }
        for place in rule.indexes {
          let others = try living(key.type, place, value, in: transaction)
          guard let other = others.first(where: { $0.key != key }) else { continue }
          throw .duplicate(field: rule.field, other.key)
        }
      }
    }
  }

  /// The living documents with a value in an index, as the transaction sees them.
  private func living(
    _ type: String, _ index: String, _ value: String, in transaction: LocalTransaction
  ) throws(ReplicaError) -> [Document] {
    // One that writes many documents keeps the indexes of the clinic's rules up to date.
    if let index = ClinicIndex(rawValue: index) {
      return try transaction.documents(ofType: type, index, key: value)
    }
    return try transaction.living(
      among: transaction.documents(ofType: type, index: index, key: value))
  }

  /// The unique fields of the catalogue, each with the indexes that find who has the value already: a
  /// set has several, for any of its elements can meet any of another's.
  private static let uniqueRules: [(type: String, field: String, indexes: [String])] = [
    ("patient", "external_id", [ClinicIndex.patientExternalID.rawValue]),
    ("patient", "email", [ClinicIndex.patientEmail.rawValue]),
    ("patient", "user_id", ["user_id"]),
    ("user", "email", [ClinicIndex.userEmail.rawValue]),
    ("doctor", "user_id", ["user_id"]),
    ("appointment", "confirmation_code", [ClinicIndex.appointmentCode.rawValue]),
    ("invite", "token_hashes", ClinicIndex.inviteTokens.map(\.rawValue)),
    ("chat_question", "number", ["number"]),
  ]
}

// MARK: - What is shown

extension Replica {
  /// The engine's own values of a document.
  package func envelope(of document: Document) -> JSONObject {
    var envelope: JSONObject = [
      "id": .string(document.key.id.description), "type": .string(document.key.type),
      "schema_version": .int(document.schemaVersion), "account_id": .string(account.description),
      "created_at": .string(Timestamp.text(milliseconds: document.origin.stamp.milliseconds)),
    ]
    envelope["created_by"] = document.origin.author.user.map { .string($0.description) }
    let newest = document.newestWrite(rules.type(document.key.type))
    if let newest {
      envelope["updated_at"] = .string(
        Timestamp.text(milliseconds: newest.stamp.milliseconds))
      envelope["updated_by"] = newest.author.user.map { .string($0.description) }
    }
    return envelope
  }

  /// The visible fields with `id`, `type`, `account_id`, `created_at`, `updated_at` and, where known,
  /// `created_by` and `updated_by`.
  package func view(_ document: Document) -> JSONObject {
    view(document, document.visibleFields(rules.type(document.key.type)))
  }

  /// - Parameter fields: the visible ones.
  func view(_ document: Document, _ fields: JSONObject) -> JSONObject {
    let envelope = envelope(of: document)
    var view = JSONObject()
    for name in ["id", "type", "account_id"] {
      if let value = envelope[name] { view.append(name, value) }
    }
    for member in fields.members {
      view.append(member.key, member.value)
    }
    for name in Envelope.trailingNames {
      if let value = envelope[name] { view.append(name, value) }
    }
    return view
  }
}
