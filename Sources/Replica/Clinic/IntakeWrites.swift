import Clinic
import Documents
import JSON

extension Replica {
  /// Takes over to its appointment how far an intake form is.
  func noteIntake(
    _ form: DocumentKey, in transaction: inout LocalTransaction, _ validator: Validator
  ) throws(ReplicaError) {
    guard let fields = try transaction.living(form).map(transaction.fields),
      let id = fields.reference("appointment_id"),
      case let key = DocumentKey(type: "appointment", id: id),
      let appointment = try transaction.living(key)
    else { return }
    let progress = IntakeProgress(formStatus: fields["status"]?.stringValue ?? "pending")
    let before = transaction.fields(appointment)["intake_status"]?.stringValue
      .flatMap(IntakeProgress.init)
    guard progress > before ?? .missing else { return }
    try update(
      key, patch: ["intake_status": .string(progress.rawValue)], in: &transaction,
      validator: validator)
  }
}
