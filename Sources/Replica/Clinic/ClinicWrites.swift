import Causality
package import Clinic
package import Documents
package import JSON

/// Writes of people, by the rules of the clinic: a slot is not given twice, a status follows from another.
extension Replica {
  /// Creates a document that a person typed, in a transaction.
  ///
  /// An appointment gets what its doctor and clinic say: zone, end, clinician. It is refused where it
  /// overlaps another, unless `overbook_reason` says why.
  /// - Throws: as `create`; `conflict` also if the slot is taken or the doctor is inactive.
  @discardableResult
  package func make(
    _ input: JSONObject, type: String, in transaction: inout LocalTransaction,
    validator: Validator? = nil
  ) throws(ReplicaError) -> DocumentKey {
    let validator = validator ?? self.validator()
    if type == "invite" {
      let input = try namingPatient(canonical(input, type), &transaction)
      return try create(input, type: type, in: &transaction, validator: validator)
    }
    guard type == "appointment" else {
      let key = try create(input, type: type, in: &transaction, validator: validator)
      if type == "intake_form" { try noteIntake(key, in: &transaction, validator) }
      if type == "chat_question", role == .server {
        try writeAsServer(because: [key], in: &transaction)
      }
      return key
    }
    var input = canonical(input, type)
    let id = try documentID(of: input, type: type)
    input["id"] = .string(id.description)
    if try !namesUnknownClinic(input, transaction), let room = try room(for: input, transaction),
      let slot = AppointmentSlot(input)
    {
      let reason = input["overbook_reason"]?.stringValue
      for member in try room.fields(of: slot, for: id, reason, transaction).members {
        input[member.key] = member.value
      }
    }
    if input["confirmation_code"] == nil {
      input["confirmation_code"] = .string(try freeConfirmationCode(for: id, transaction).text)
    }
    return try create(input, type: type, in: &transaction, validator: validator)
  }

  /// Changes a document as a person asks, by a merge patch, in a transaction.
  ///
  /// An appointment that is moved is looked at like a new one, and must be confirmed anew; another status
  /// is set as the action of that name sets it, with the record of a cancellation.
  /// - Returns: whether anything was written.
  /// - Throws: as `update`; `conflict` also if the slot is taken or the status does not allow it.
  @discardableResult
  package func change(
    _ key: DocumentKey, patch: JSONObject, in transaction: inout LocalTransaction,
    validator: Validator? = nil
  ) throws(ReplicaError) -> Bool {
    let validator = validator ?? self.validator()
    guard key.type == "appointment", let document = try transaction.living(key) else {
      let isChanged = try update(key, patch: patch, in: &transaction, validator: validator)
      if key.type == "intake_form" { try noteIntake(key, in: &transaction, validator) }
      return isChanged
    }
    var patch = canonical(patch, key.type)
    let before = transaction.fields(document)
    try move(before, of: key, by: &patch, transaction)
    var isChanged = false
    for action in Self.actions(from: before, by: patch) {
      if try carryOut(action, on: key, &transaction, validator) { isChanged = true }
      patch["status"] = nil
    }
    if patch.isEmpty { return isChanged }
    return try update(key, patch: patch, in: &transaction, validator: validator) || isChanged
  }

  /// An invite that names a person by e-mail and name alone, with the patient.
  private func namingPatient(
    _ input: JSONObject, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> JSONObject {
    guard input["patient_id"] == nil else { return input }
    let clinician = try transaction.livingUser(input.reference("clinician_id"))
    guard let patient = try patientToInvite(input, clinician: clinician, in: &transaction) else {
      return input
    }
    var input = input
    input["patient_id"] = .string(patient.description)
    return input
  }

  /// An input with the names that documents have.
  private func canonical(_ input: JSONObject, _ type: String) -> JSONObject {
    let definition = catalogue.type(named: type)
    var canonical = JSONObject()
    for member in input.members {
      let name = definition?.field(named: member.key)?.name ?? member.key
      // Two names of one field are for the validator to refuse.
      let isFree = canonical[name] == nil && (name == member.key || input[name] == nil)
      canonical.append(isFree ? name : member.key, member.value)
    }
    return canonical
  }

  /// Where an appointment takes place; nil if it names neither a doctor nor a clinician who is one.
  private func room(
    for input: JSONObject, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> ConsultingRoom? {
    if let doctor = input.reference("doctor_id") {
      // One that is not there is for the validator to name.
      let key = DocumentKey(type: "doctor", id: doctor)
      return try transaction.living(key) == nil ? nil : consultingRoom(of: doctor, transaction)
    }
    guard let clinician = input.reference("clinician_id") else { return nil }
    let profiles = try transaction.living(
      among: transaction.documents(
        ofType: "doctor", index: "user_id", key: clinician.description))
    guard let doctor = profiles.map(\.key.id).min() else { return nil }
    return try consultingRoom(of: doctor, transaction)
  }

  /// Whether an input names a clinic that is not there: it is for the validator to say so, before the
  /// doctor's takes its place.
  private func namesUnknownClinic(
    _ input: JSONObject, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> Bool {
    guard let clinic = input.reference("clinic_id") else { return false }
    return try transaction.living(DocumentKey(type: "clinic", id: clinic)) == nil
  }

  // MARK: - Moving

  /// Fields that make an appointment another one.
  private static let slotFields = [
    "date", "start_time", "end_time", "duration", "doctor_id", "clinician_id", "clinic_id",
    "time_zone",
  ]

  /// What follows from the doctor, the day and the time: nobody can clear it alone.
  private static let fieldsOfDoctor = ["end_time", "time_zone", "clinic_id", "clinician_id"]

  private func move(
    _ before: JSONObject, of key: DocumentKey, by patch: inout JSONObject,
    _ transaction: LocalTransaction
  ) throws(ReplicaError) {
    let doctor = patch["doctor_id"] ?? before["doctor_id"] ?? .null
    for name in Self.fieldsOfDoctor where !doctor.isNull && patch[name]?.isNull == true {
      patch[name] = nil
    }
    let moved = Self.slotFields.filter { name in
      patch[name].map { !$0.isIdentical(to: before[name] ?? .null) } ?? false
    }
    guard !moved.isEmpty else { return }
    if let refusal = AppointmentAction.refusalToMove(before) { throw .conflict(refusal) }
    var after = before
    for name in Self.slotFields where patch[name] != nil { after[name] = patch[name] }
    if moved.contains("end_time"), !moved.contains("duration") {
      after["duration"] = AppointmentSlot.duration(of: after).map { .int($0) }
    }
    // Who names another clinician means another doctor.
    if moved.contains("clinician_id"), !moved.contains("doctor_id") { after["doctor_id"] = nil }
    let reason = patch["overbook_reason"]?.stringValue
    if try !namesUnknownClinic(patch, transaction), let room = try room(for: after, transaction),
      let slot = AppointmentSlot(after)
    {
      for member in try room.fields(of: slot, for: key.id, reason, transaction).members {
        patch[member.key] = member.value
      }
    }
    if before["status"]?.stringValue == "confirmed", patch["status"] == nil {
      patch["status"] = "unconfirmed"
    }
    if reason == nil, before["overbook"]?.boolValue == true {
      patch["overbook"] = .null
      patch["overbook_reason"] = .null
    }
  }

  // MARK: - Status

  /// What must be done so that an appointment gets the status that a patch names.
  private static func actions(from before: JSONObject, by patch: JSONObject) -> [AppointmentAction]
  {
    let (old, new) = (before["status"]?.stringValue ?? "", patch["status"]?.stringValue)
    guard let new, new != old else { return [] }
    switch new {
    case "confirmed": return old == "unconfirmed" ? [.confirm] : [.reinstate, .confirm]
    // A confirmation is taken back by a plain write.
    case "unconfirmed": return old == "confirmed" ? [] : [.reinstate]
    case "completed": return [.complete]
    case "no-show": return [.noShow]
    case "cancelled", "canceled": return [.cancel(type: "other")]
    default: return []
    }
  }
}

extension AppointmentSlot {
  /// The slot of an appointment's fields; nil if one of them is missing: the validator says which.
  fileprivate init?(_ fields: JSONObject) {
    guard let date = fields["date"]?.stringValue, let time = fields["start_time"]?.stringValue
    else { return nil }
    self.init(
      date: date, time: time,
      duration: fields["duration"]?.intValue ?? Self.duration(of: fields) ?? Self.usualDuration)
  }

  private static let usualDuration = 30

  /// The minutes between start and end; nil if one of them is missing, or the end is not after the start.
  fileprivate static func duration(of fields: JSONObject) -> Int? {
    guard let start = fields["start_time"]?.stringValue.flatMap({ TimeOfDay($0) }),
      let end = fields["end_time"]?.stringValue.flatMap({ TimeOfDay($0) }),
      end.minutesSinceMidnight > start.minutesSinceMidnight
    else { return nil }
    return end.minutesSinceMidnight - start.minutesSinceMidnight
  }
}
