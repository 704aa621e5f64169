import Causality
import Documents
import JSON

extension MergedClinic {
  /// The other living documents with the same key in an index, by their keys; none if the document has
  /// no key there.
  func others(sharing index: ClinicIndex, with subject: Subject) -> [Subject] {
    living(index, index.key(subject.fields, functions.forms)).filter { $0.key != subject.key }
  }

  /// The invites that have the hash of a token, deleted or not, by their keys.
  func holders(ofTokenHash hash: String) -> [DocumentKey] {
    let keys = ClinicIndex.inviteTokens.flatMap { self.keys("invite", index: $0.rawValue, hash) }
    return Set(keys).sorted()
  }

  /// The other living invites that have one of the same tokens (I15), by their keys.
  func others(sharingTokenOf invite: Subject) -> [Subject] {
    let hashes = invite.fields["token_hashes"]?.arrayValue?.compactMap(\.stringValue) ?? []
    let keys = Set(hashes.flatMap(holders)).subtracting([invite.key])
    return keys.sorted().compactMap { living($0) }
  }

  /// The other living documents of the type with the same values in the fields of an index; none if one
  /// of them has no value.
  func others(sharing fields: [String], with subject: Subject) -> [Subject] {
    let key = IndexDefinition.key(fields.map { subject.fields[$0] })
    return living(subject.key.type, index: fields.joined(separator: ","), key)
      .filter { $0.key != subject.key }
  }

  /// The other living invites of the same patient, by whatever name the patient went.
  func otherInvites(of invite: Subject) -> [Subject] {
    guard let patient = living("patient", invite.text("patient_id")) else { return [] }
    return samePatient(patient.key).flatMap { patient in
      living(.invitePatient, patient.id.description)
    }.filter { $0.key != invite.key }
  }
}
