package import Causality
package import Clinic
package import Documents
import JSON

extension Replica {
  /// Cancels an appointment, and records who did and why, in one transaction. Durable on return. One
  /// that is cancelled already stays as it is.
  ///
  /// - Parameter type: such as `patient-cancelled`; with `no-show` it becomes one.
  /// - Throws: `notFound`, `inTrash`; `conflict` if the visit has taken place or the patient is
  ///   there; `invalid` for another type.
  package func cancel(
    _ appointment: UniqueID, type: String, note: String? = nil
  ) throws(ReplicaError) -> AppointmentChange {
    let action: AppointmentAction = type == "no-show" ? .noShow : .cancel(type: type)
    return try change(appointment, action, note: note, overbookReason: nil)
  }

  /// Confirms an appointment, notes an arrival, and so on, in one transaction. Durable on return.
  ///
  /// - Parameter overbookReason: why a reinstated appointment may overlap another.
  /// - Throws: `notFound`, `inTrash`; `conflict` if the status does not allow it (it says what to do
  ///   first), or if the slot of an appointment to be reinstated is taken.
  package func setStatus(
    _ appointment: UniqueID, _ action: AppointmentAction, overbookReason: String? = nil
  ) throws(ReplicaError) -> AppointmentChange {
    try change(appointment, action, note: nil, overbookReason: overbookReason)
  }

  private func change(
    _ appointment: UniqueID, _ action: AppointmentAction, note: String?, overbookReason: String?
  ) throws(ReplicaError) -> AppointmentChange {
    let validator = self.validator()
    return try transact { (transaction) throws(ReplicaError) in
      try change(appointment, action, note: note, overbookReason, &transaction, validator)
    }
  }

  /// - Returns: whether anything was written.
  func carryOut(
    _ action: AppointmentAction, on key: DocumentKey, _ transaction: inout LocalTransaction,
    _ validator: Validator
  ) throws(ReplicaError) -> Bool {
    try change(key.id, action, note: nil, nil, &transaction, validator).isChanged
  }

  private func change(
    _ appointment: UniqueID, _ action: AppointmentAction, note: String?, _ overbookReason: String?,
    _ transaction: inout LocalTransaction, _ validator: Validator
  ) throws(ReplicaError) -> AppointmentChange {
    let now = Timestamp.text(milliseconds: validator.now)
    let document = try transaction.required("appointment", appointment)
    let fields = transaction.fields(document)
    var plan: AppointmentPlan
    do throws(AppointmentRefusal) { plan = try action.plan(for: fields, now: now) } catch {
      throw .conflict(error.what)
    }
    var change = AppointmentChange(appointment: document.key, isChanged: !plan.patch.isEmpty)
    guard change.isChanged else { return change }
    if plan.takesSlotAgain {
      try retake(fields, of: appointment, overbookReason, &plan, transaction)
    }
    if let earlier = plan.earlierCancellations {
      try endCancellations(of: appointment, with: earlier, &transaction, validator)
    }
    if let type = plan.newCancellation {
      let key = try recordCancellation(
        of: appointment, fields, type: type, note: note, &transaction, validator)
      plan.patch["cancellation"] = .string(key.id.description)
      change.cancellation = key
    }
    try update(document.key, patch: plan.patch, in: &transaction, validator: validator)
    return change
  }

  /// A slot that was free for a while may have been given away.
  private func retake(
    _ fields: JSONObject, of appointment: UniqueID, _ overbookReason: String?,
    _ plan: inout AppointmentPlan, _ transaction: LocalTransaction
  ) throws(ReplicaError) {
    if let overbookReason {
      plan.patch["overbook"] = true
      plan.patch["overbook_reason"] = .string(overbookReason)
      return
    }
    let room = try consultingRoom(of: fields.reference("doctor_id"), transaction)
    guard let date = fields["date"]?.stringValue.flatMap({ CivilDate($0) }),
      let span = Occupancy(
        appointment: fields, fallbackZone: room.zone,
        utcOffsetSeconds: world.clinic.utcOffsetSeconds)
    else { return }
    try room.refuseOverlap(span, on: date, appointment, transaction)
  }

  private func recordCancellation(
    of appointment: UniqueID, _ fields: JSONObject, type: String, note: String?,
    _ transaction: inout LocalTransaction, _ validator: Validator
  ) throws(ReplicaError) -> DocumentKey {
    let ids = StableID(account: account, functions: world.clinic)
    let id = ids.cancellation(
      appointment: appointment, cause: transaction.dot.description)
    var record: JSONObject = [
      "id": .string(id.description), "appointment_id": .string(appointment.description),
      "cancellation_type": .string(type),
    ]
    record["clinic_id"] = fields["clinic_id"]
    record["patient_id"] = fields["patient_id"]
    record["reason_note"] = note.map { .string($0) }
    if let user = try transaction.authorUser() {
      record["cancelled_by_id"] = .string(user.key.id.description)
      record["cancelled_by_name"] = transaction.fields(user)["name"]
    }
    return try create(record, type: "cancellation", in: &transaction, validator: validator)
  }

  /// Notes in the records of cancellations that they do not hold any more.
  private func endCancellations(
    of appointment: UniqueID, with fields: JSONObject, _ transaction: inout LocalTransaction,
    _ validator: Validator
  ) throws(ReplicaError) {
    let records = try transaction.documents(
      ofType: "cancellation", .appointmentCancellations, key: appointment.description)
    for record in records where transaction.fields(record)["reinstated_at"] == nil {
      var patch = fields
      if fields["reinstated_at"] != nil, let user = try transaction.authorUser() {
        patch["reinstated_by"] = .string(user.key.id.description)
      }
      try update(record.key, patch: patch, in: &transaction, validator: validator)
    }
  }
}

extension LocalTransaction {
  /// The user who writes, if it is known here.
  func authorUser() throws(ReplicaError) -> Document? {
    guard let user = author.user else { return nil }
    return try living(DocumentKey(type: "user", id: user))
  }

  /// The given id, if a living user has it.
  func livingUser(_ id: UniqueID?) throws(ReplicaError) -> UniqueID? {
    guard let id, try living(DocumentKey(type: "user", id: id)) != nil else { return nil }
    return id
  }

  /// Those that are not in the trash.
  package func living(among documents: [Document]) throws(ReplicaError) -> [Document] {
    var living: [Document] = []
    for document in documents where try !isDeleted(document) { living.append(document) }
    return living
  }
}
