import Causality
import Clinic
import Documents
import JSON
import Replica

/// What people do at a machine.
extension World {
  func work(_ action: Action, _ node: Node, _ dice: inout Dice) throws {
    checker.noteWriter(node, isKnowing: action == .resolve)
    switch action {
    case .editPatient: try editPatient(node, &dice)
    case .book: try book(node, &dice)
    case .setStatus: try setStatus(node, &dice)
    case .invite: try invite(node, &dice)
    case .editStranger: try write(node, [strangerEdit(&dice)])
    case .writeTogether: try writeTogether(node, &dice)
    case .delete: try delete(node, &dice)
    case .restore: try restore(node, &dice)
    case .editAgain: try editAgain(node)
    case .deleteAgain: try deleteAgain(node, &dice)
    case .restoreAgain: try restoreAgain(node)
    case .deleteInvited: try deleteInvited(node, &dice)
    case .deleteAlone: try deleteAlone(node, &dice)
    case .merge: try merge(node, &dice)
    case .resolve: try resolve(node, &dice)
    default: try importFile(node, &dice)
    }
  }

  typealias Edit = (key: DocumentKey, patch: JSONObject)

  /// Writes documents in one transaction. `null` removes a field.
  private func write(_ node: Node, _ edits: [Edit]) throws {
    for edit in edits {
      note("\(edit.key): \(edit.patch.members.map(\.key))")
      for number in ValueMark.numbers(in: JSONValue.object(edit.patch).bytes) {
        owners[number] = edit.key
      }
    }
    lastWritten = edits.first?.key
    if schedule.isChecked { return try writeChecked(node.replica, edits) }
    try node.replica.transact { (transaction) throws(ReplicaError) in
      for edit in edits {
        var fields = try transaction.document(edit.key).map(transaction.fields) ?? JSONObject()
        for member in edit.patch.members {
          fields[member.key] = member.value.isNull ? nil : member.value
        }
        try transaction.set(edit.key, to: fields)
      }
    }
  }

  /// A value that no other is equal to, and that is found again wherever it stands.
  private func unique() -> JSONValue {
    valueCount += 1
    return .string(ValueMark.text(valueCount))
  }

  private func id(_ type: String, _ count: Int, _ dice: inout Dice) -> JSONValue {
    SmallClinic.id(type, 1 + dice.below(count))
  }

  /// As the commands do it: what the catalogue does not allow is refused, and nothing is written.
  private func writeChecked(_ replica: Replica, _ edits: [Edit]) throws {
    try replica.transact { (transaction) throws(ReplicaError) in
      for edit in edits { try write(edit, replica, &transaction) }
    }
  }

  private func write(
    _ edit: Edit, _ replica: Replica, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    var fields = edit.patch
    let document = try transaction.document(edit.key)
    if replica.catalogue.type(named: edit.key.type) == nil {
      // A later program's type comes without its rules.
      for member in document.map(transaction.fields)?.members ?? [] where fields[member.key] == nil
      {
        fields[member.key] = member.value
      }
      try transaction.set(edit.key, to: fields)
    } else if document == nil {
      fields["id"] = .string(edit.key.id.description)
      try replica.create(
        fields, type: edit.key.type, in: &transaction,
        validator: replica.validator(allowsReadOnlyFields: true))
    } else {
      try replica.update(
        edit.key, patch: fields, in: &transaction,
        validator: replica.validator(allowsReadOnlyFields: true))
    }
  }

  private func patientEdit(_ node: Node, _ dice: inout Dice) -> Edit {
    let key = SmallClinic.key("patient", 1 + dice.below(5))
    if node.seen.documents[key] == nil {
      return (
        key,
        [
          "first_name": .string(dice.pick(["First 1", "Bo"])), "last_name": "Lima",
          "date_of_birth": "1980-02-03", "status": "active", "notes": unique(),
          "email": .string(dice.pick(["p1@example.org", "bo@example.org"])),
        ]
      )
    }
    let patches: [JSONObject] = [
      ["phone": unique()], ["email": .string(dice.pick(["p1@example.org", "x@example.org"]))],
      ["first_name": unique(), "date_of_birth": "1980-02-04"], ["notes": unique()],
      ["status": .string(dice.pick(["active", "inactive", "archived", "pending"]))],
      ["clinician_id": dice.once(in: 3) ? .null : id("user", 2, &dice)],
      ["external_id": unique()], ["ward": unique()], ["notes": .null],
    ]
    return (key, dice.pick(patches))
  }

  private func editPatient(_ node: Node, _ dice: inout Dice) throws {
    try write(node, [patientEdit(node, &dice)])
  }

  private func slot(_ dice: inout Dice) -> JSONObject {
    let hour = dice.pick([10, 10, 11, 12])
    return [
      "date": "2026-03-10", "start_time": .string("\(hour):30"),
      "end_time": .string("\(hour + 1):00"), "duration": 30, "doctor_id": id("doctor", 2, &dice),
    ]
  }

  private func book(_ node: Node, _ dice: inout Dice) throws {
    let key = SmallClinic.key("appointment", 1 + dice.below(3))
    var patch = slot(&dice)
    if node.seen.documents[key] != nil {
      return try write(node, [(key, dice.once(in: 4) ? ["notes": unique()] : patch)])
    }
    let new: JSONObject = [
      "clinic_id": SmallClinic.id("clinic", 1), "patient_id": id("patient", 5, &dice),
      "time_zone": "America/New_York", "status": "unconfirmed", "intake_status": "missing",
      "arrived": false,
      "confirmation_code": .string(dice.pick(["7KQ2M4NA", "7KQ2M4NB", "7KQ2M4NC"])),
    ]
    for member in new.members { patch[member.key] = member.value }
    try write(node, [(key, patch)])
  }

  private func setStatus(_ node: Node, _ dice: inout Dice) throws {
    let key = SmallClinic.key("appointment", 1 + dice.below(3))
    guard node.seen.documents[key] != nil else { return }
    let status = dice.pick(["confirmed", "unconfirmed", "completed", "no-show", "cancelled"])
    let arrival: JSONObject = ["arrived": true, "arrived_at": "2026-03-10T14:00:00.000Z"]
    try write(node, [(key, dice.once(in: 4) ? arrival : ["status": .string(status)])])
  }

  private func invite(_ node: Node, _ dice: inout Dice) throws {
    let key = SmallClinic.key("invite", 1 + dice.below(3))
    let digits = String(repeating: dice.pick(["a", "b", "c"]), count: 64)
    guard node.seen.documents[key] != nil else {
      let patch: JSONObject = [
        "patient_id": id("patient", 3, &dice), "email": "p1@example.org", "status": "pending",
        "clinician_id": id("user", 2, &dice), "expires_at": "2026-04-15T12:00:00.000Z",
        "token_hashes": [.string(digits)], "custom_message": unique(),
      ]
      return try write(node, [(key, patch)])
    }
    let patches: [JSONObject] = [
      ["status": "accepted", "user_id": id("user", 2, &dice)],
      ["status": "revoked", "revoke_reason": unique()], ["status": "expired"],
      ["expires_at": "2026-05-15T12:00:00.000Z"], ["custom_message": unique()],
    ]
    try write(node, [(key, dice.pick(patches))])
  }

  private func editAgain(_ node: Node) throws {
    guard let key = lastWritten, node.seen.documents[key] != nil else { return }
    try write(node, [(key, [key.type == "invite" ? "custom_message" : "notes": unique()])])
  }

  private func strangerEdit(_ dice: inout Dice) -> Edit {
    let key = SmallClinic.key("stranger", 1 + dice.below(3))
    return (key, [dice.pick(["colour", "weight", "friends"]): unique()])
  }

  func writeLongText(_ node: Node, _ dice: inout Dice) throws {
    checker.noteWriter(node, isKnowing: false)
    let key = SmallClinic.key("stranger", 1 + dice.below(3))
    let text = String(repeating: "long ", count: 500) + (unique().stringValue ?? "")
    try write(node, [(key, ["text": .string(text)])])
  }

  private func writeTogether(_ node: Node, _ dice: inout Dice) throws {
    var edits = [patientEdit(node, &dice)]
    for number in 1...3 {
      edits.append((SmallClinic.key("stranger", number), ["together": unique()]))
    }
    edits.append((SmallClinic.key("intake_form", 1), ["patient_id": id("patient", 3, &dice)]))
    try write(node, edits)
  }

  // MARK: - Life

  private func delete(_ node: Node, _ dice: inout Dice) throws {
    let type = dice.pick(["patient", "patient", "appointment", "invite", "stranger", "user"])
    try delete(SmallClinic.key(type, 1 + dice.below(4)), node, &dice)
  }

  private func deleteAgain(_ node: Node, _ dice: inout Dice) throws {
    guard let key = lastWritten else { return }
    try delete(key, node, &dice)
  }

  private func delete(_ key: DocumentKey, _ node: Node, _ dice: inout Dice) throws {
    let reason = dice.pick([DeleteReason.mistake, .duplicate, .retention])
    note("\(key): \(reason.rawValue)")
    let before = try node.livingDocuments()
    if dice.once(in: 2) {
      try node.replica.delete(key, reason: reason)
    } else {
      try node.replica.transact { (transaction) throws(ReplicaError) in
        try transaction.delete(key, reason: reason)
      }
    }
    if before.contains(key), dice.once(in: 4) { try undoDelete(of: key, node, before) }
  }

  /// Deletes the patient of an invite, and the invite with it.
  private func deleteInvited(_ node: Node, _ dice: inout Dice) throws {
    let living = try node.livingDocuments().filter { $0.type == "invite" }.sorted()
    guard !living.isEmpty, let invite = node.seen.documents[dice.pick(living)],
      let id = invite.visibleFields(node.replica.rules.type("invite"))["patient_id"]?.stringValue,
      let patient = UniqueID(id).map({ DocumentKey(type: "patient", id: $0) })
    else { return }
    note("\(patient)")
    lastWritten = patient
    try node.replica.delete(patient, reason: .mistake)
  }

  private func deleteAlone(_ node: Node, _ dice: inout Dice) throws {
    guard let key = lastWritten else { return }
    note("\(key)")
    try node.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.delete(key, reason: dice.pick([.mistake, .duplicate]))
    }
  }

  /// Whoever deleted by mistake brings it back, and with it all that went with it.
  private func undoDelete(of key: DocumentKey, _ node: Node, _ before: Set<DocumentKey>) throws {
    note("brought back at once")
    try node.replica.restore(key)
    let lacking = before.subtracting(try node.livingDocuments())
    if let other = lacking.min() {
      throw Broken("restore", "\(node.name) brought \(key) back without \(other)")
    }
  }

  private func restore(_ node: Node, _ dice: inout Dice) throws {
    let deleted = node.seen.documents.values.filter(\.hasLife).map(\.key).sorted()
    guard !deleted.isEmpty else { return }
    let key = dice.pick(deleted)
    note("\(key)")
    try node.replica.restore(key)
  }

  private func restoreAgain(_ node: Node) throws {
    guard let key = lastWritten, node.seen.documents[key]?.hasLife ?? false else { return }
    note("\(key)")
    try node.replica.restore(key)
  }

  private func merge(_ node: Node, _ dice: inout Dice) throws {
    let (first, second) = (1 + dice.below(4), 1 + dice.below(4))
    note("\(first) into \(second)")
    if first == second {
      try node.replica.unmerge(SmallClinic.key("patient", first))
    } else {
      try node.replica.merge(
        SmallClinic.key("patient", first), into: SmallClinic.key("patient", second))
    }
  }

  private func resolve(_ node: Node, _ dice: inout Dice) throws {
    let items = try node.replica.reviewItems()
    guard !items.isEmpty else { return }
    let item = dice.pick(items)
    guard !item.actions.isEmpty else { return }
    let action = dice.pick(item.actions)
    note("\(item.rule): \(action.name)")
    try node.replica.resolve(item: item.id, action: action.name)
    for key in item.documents {
      if let document = try node.replica.document(key) { noteTaken(key, node.encoded(document)) }
    }
  }

  /// A value that a person took over from another document stands in two: neither's end is that of the other.
  private func noteTaken(_ key: DocumentKey, _ bytes: [UInt8]) {
    for number in ValueMark.numbers(in: bytes) where owners[number].map({ $0 != key }) ?? false {
      owners[number] = nil
    }
  }

  private func importFile(_ node: Node, _ dice: inout Dice) throws {
    var lines = ["external_id,first_name,last_name,email,notes"]
    for _ in 0...dice.below(3) {
      let number = 1 + dice.below(3)
      let note = dice.once(in: 2) ? "" : (unique().stringValue ?? "")
      lines.append("E\(number),Imported,Person,e\(number)@example.org,\(note)")
    }
    let report = try node.replica.importPatients(Array((lines.joined(separator: "\n")).utf8))
    note("\(report.created) new, \(report.updated) changed, \(report.errors.count) refused")
  }
}
