import Causality
import Clinic
package import Documents
import JSON

extension Replica {
  /// Says that two patients are one: whatever refers to `patient` leads to `other` from now on. Nothing
  /// is deleted or moved, so it can be taken back. Durable on return.
  /// - Throws: `notFound`, `inTrash`; `conflict` if they are one already.
  package func merge(_ patient: DocumentKey, into other: DocumentKey) throws(ReplicaError) {
    try transact { (transaction) throws(ReplicaError) in
      for key in [patient, other] where try transaction.living(key) == nil {
        throw try transaction.document(key) == nil
          ? .notFound(type: key.type, name: key.id.description) : .inTrash(key)
      }
      let areOne = try transaction.looking { clinic in
        clinic.survivor(of: patient) == clinic.survivor(of: other)
      }
      guard !areOne else { throw .conflict("\(patient) and \(other) are one patient already") }
      try update(
        patient, patch: ["merged_into": .string(other.id.description)], in: &transaction,
        validator: validator(allowsReadOnlyFields: true))
    }
  }

  /// Takes a merge back. Durable on return.
  /// - Throws: `notFound`, `inTrash`; `conflict` if the patient is merged into none.
  package func unmerge(_ patient: DocumentKey) throws(ReplicaError) {
    try transact { (transaction) throws(ReplicaError) in
      let isMerged = try transaction.living(patient).map {
        transaction.fields($0)["merged_into"] != nil
      }
      guard isMerged != false else { throw .conflict("\(patient) is merged into none") }
      try update(
        patient, patch: ["merged_into": .null], in: &transaction,
        validator: validator(allowsReadOnlyFields: true))
    }
  }
}
