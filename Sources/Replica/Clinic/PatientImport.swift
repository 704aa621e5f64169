import Causality
package import Clinic
import Documents
import JSON
import Planted

extension Replica {
  /// Imports a CSV file of patients. Importing the same file again changes nothing, and on another
  /// laptop it makes the same patients, except for lines with neither `external_id` nor e-mail.
  ///
  /// A line means the patient with its `id`, as an export gives it, else with its `external_id`, else the
  /// one that such a line made, else the one with its e-mail and name. Blank cells clear nothing. A line whose patient was deleted is
  /// skipped. One bad line never stops the others. Durable on return; up to 1,000
  /// lines at once, each a transaction of its own.
  ///
  /// - Parameter isDryRun: whether only the report is made and nothing written.
  /// - Throws: `badFile` if the header cannot be used: nothing was imported. `storage`: what came
  ///   before is durable, and importing the file again goes on.
  /// - Complexity: O(lines), apart from lookups.
  package func importPatients(
    _ csv: [UInt8], isDryRun: Bool = false
  ) throws(ReplicaError) -> ImportReport {
    let file: PatientFile
    do { file = try PatientFile(csv, catalogue: catalogue) } catch {
      throw .badFile(line: error.line, what: error.what)
    }
    let validator = self.validator()
    let ids = StableID(account: account, functions: world.clinic)
    return try importLines(of: file.table, isDryRun: isDryRun) {
      (record, transaction) throws(ReplicaError) in
      try importPatient(file.line(record), ids, validator, &transaction)
    }
  }

  private func importPatient(
    _ line: PatientLine, _ ids: StableID, _ validator: Validator,
    _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> ImportOutcome {
    var fields = line.fields
    // Relatives share mail boxes: the review list shows them, an import does not refuse them.
    fields["allow_duplicate_email"] = true
    if let patient = try patient(of: line, ids, transaction) {
      if planted(Fault.erasureRevivedByImport), patient.isErased {
        try transaction.create(patient.key, line.fields)
        return .created
      }
      if try transaction.isDeleted(patient) { return .deleted }
      fields = Self.without(spacesAlone: fields, transaction.fields(patient))
      let isWritten = try update(
        patient.key, patch: fields, in: &transaction, validator: validator)
      return isWritten ? .updated : .unchanged
    }
    fields["id"] = .string((line.stableID(ids) ?? newID()).description)
    try create(fields, type: "patient", in: &transaction, validator: validator)
    return .created
  }

  /// The fields of a line without those that differ from a document's only by white space at the ends: cells
  /// cannot say it.
  private static func without(
    spacesAlone fields: JSONObject, _ existing: JSONObject
  ) -> JSONObject {
    JSONObject(
      members: fields.members.filter { member in
        guard let new = member.value.stringValue, let old = existing[member.key]?.stringValue,
          !utf8Equal(new, old)
        else { return true }
        return !utf8Equal(trimmed(new), trimmed(old))
      })
  }

  /// The patient that a line means, deleted or not; nil if it is a new one (SCHEMA, section 13).
  func patient(
    of line: PatientLine, _ ids: StableID, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> Document? {
    if let id = line.id,
      let patient = try transaction.document(DocumentKey(type: "patient", id: id))
    {
      return patient
    }
    if let externalID = line.externalID,
      let patient = try Self.first(
        transaction.documents(
          ofType: "patient", .patientExternalID, key: externalID, includingDeleted: true),
        transaction)
    {
      return patient
    }
    if let id = line.stableID(ids),
      let patient = try transaction.document(DocumentKey(type: "patient", id: id))
    {
      return patient
    }
    guard let email = line.email else { return nil }
    let candidates = try transaction.documents(
      ofType: "patient", .patientEmail, key: ClinicIndex.emailKey(email), includingDeleted: true
    ).filter {
      line.meansByEmailAndName(transaction.fields($0), functions: world.clinic)
    }
    let living = try transaction.living(among: candidates)
    guard living.count < 2 else {
      let names = living.map(\.key.id.description).sorted().joined(separator: ", ")
      let failure = FieldProblem(
        "email",
        "\(living.count) patients have this e-mail and name (\(names)): "
          + "give the external_id")
      throw .invalid(type: "patient", ValidationFailure([failure]))
    }
    return try Self.first(candidates, transaction)
  }

  /// Of several documents the one that counts: living ones before deleted ones, then the oldest.
  static func first(_ documents: [Document], _ transaction: LocalTransaction) throws(ReplicaError)
    -> Document?
  {
    if documents.count < 2 { return documents.first }
    let living = try transaction.living(among: documents)
    return (living.isEmpty ? documents : living).min { a, b in
      a.origin == b.origin ? a.key < b.key : a.origin < b.origin
    }
  }
}
