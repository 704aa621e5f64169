import Causality
package import Documents
import JSON
import Planted

extension Reviewer {
  /// The documents whose items may have changed with one. O(documents that refer to it or share a key
  /// of an index with it).
  /// - Parameter before: the document as it was; nil if it is new.
  package func neighbours(of key: DocumentKey, before: Document?) -> Set<DocumentKey> {
    let old = before.map { Subject($0, clinic.rules.type(key.type)) }
    let new = clinic.subject(key)
    var found: Set<DocumentKey> = [key]
    if concernsNobodyElse(key, before: before) { return found }
    let subjects = [old, new].compactMap { $0 }
    for subject in subjects { addNear(subject, &found) }
    if let deleted = subjects.last(where: \.document.hasLife) {
      addDependents(ofDeleted: deleted, &found)
    } else if !Self.hubs.contains(key.type) || isFar(old, new) {
      addReferrers(of: key, &found)
    }
    return found
  }

  /// Whether a change elsewhere may concern a document and not lead to it: it holds time on more days
  /// than the one that is shown, or was deleted because of a document that it does not name.
  func isHidden(_ key: DocumentKey) -> Bool {
    guard let subject = clinic.subject(key) else { return false }
    if key.type == "appointment", subject.document.versions(of: "slot").count > 1 { return true }
    let causes = subject.document.versions(of: Unit.life)
      .compactMap { $0.details?.deletion?.cause?.document }
    return causes.contains { cause in
      !subject.fields.members.contains { $0.value.stringValue == cause.id.description }
    }
  }

  /// Units that the rules of other documents do not look at.
  private static let privateUnits: [String: Set<String>] = [
    "appointment": ["notes", "place", "visit_category", "intake_status"],
    "patient": ["notes"],
  ]

  /// Whether a document changed only in units that no other document's rules look at.
  package func concernsNobodyElse(_ key: DocumentKey, before old: Document?) -> Bool {
    guard let own = Self.privateUnits[key.type], let old, let new = clinic.subject(key)?.document,
      !old.hasLife, !new.hasLife
    else { return false }
    var after = new.units[...]
    for unit in old.units where !own.contains(unit.name) {
      while let next = after.first, own.contains(next.name) { after.removeFirst() }
      guard let next = after.popFirst(), utf8Equal(unit.name, next.name),
        unit.versions.elementsEqual(next.versions, by: { $0.key == $1.key })
      else { return false }
    }
    return after.allSatisfy { own.contains($0.name) }
  }

  private func addNear(_ subject: Subject, _ found: inout Set<DocumentKey>) {
    addTargets(of: subject, &found)
    if !planted(Fault.peersNotLookedAt) { addPeers(of: subject, &found) }
    switch subject.key.type {
    case "patient": addMergedPatients(subject, &found)
    case "user": addInvites(to: subject.text("email"), &found)
    case "review_decision": found.formUnion(Self.decided(subject))
    case "recurring_availability", "availability_override":
      addAppointments(ofClinician: subject.text("clinician_id"), &found)
    default: break
    }
  }

  /// Nobody can accept an invite whose address another account has.
  private func addInvites(to email: String?, _ found: inout Set<DocumentKey>) {
    guard let email = email.map(clinic.functions.emailNorm) else { return }
    found.formUnion(clinic.keys("invite", index: ClinicIndex.inviteEmail.rawValue, email))
  }

  /// All patients that merges connect with one, in the trash or not, and what refers to them.
  private func addMergedPatients(_ patient: Subject, _ found: inout Set<DocumentKey>) {
    var connected: Set<DocumentKey> = []
    var open = [patient.key] + mergeTargets(of: patient.document)
    while let key = open.popLast() {
      guard connected.insert(key).inserted else { continue }
      open += clinic.keys("patient", index: "merged_into", key.id.description)
      if let document = clinic.subject(key)?.document { open += mergeTargets(of: document) }
    }
    for key in connected.sorted() {
      found.insert(key)
      addReferrers(of: key, &found)
    }
  }

  private func mergeTargets(of patient: Document) -> [DocumentKey] {
    patient.versions(of: "merged_into").compactMap { version in
      version.value["merged_into"]?.stringValue.flatMap { UniqueID($0) }
        .map { DocumentKey(type: "patient", id: $0) }
    }
  }

  /// Types to which very many documents refer.
  private static let hubs = ["clinic", "doctor", "user", "account"]

  /// Whether a change of a hub concerns the documents that name it.
  private func isFar(_ before: Subject?, _ after: Subject?) -> Bool {
    guard let before, let after else { return true }
    return before.document.hasLife != after.document.hasLife
      || after.document.hasLife
      || Self.watched.contains { field in
        before.text(field) != after.text(field)
      }
  }

  /// Whether a person has another name than before: items say who wrote what.
  func isRenamed(_ key: DocumentKey, before: Document?) -> Bool {
    guard key.type == "user" else { return false }
    let old = before.flatMap { Subject($0, clinic.rules.type(key.type)).text("name") }
    return old != clinic.subject(key)?.text("name")
  }

  private static let watched = ["name", "status", "timezone", "user_id", "first_name", "last_name"]

  private func addTargets(of subject: Subject, _ found: inout Set<DocumentKey>) {
    for field in clinic.catalogue.type(named: subject.key.type)?.fields ?? [] {
      guard field.isStored, case .reference(let target, _) = field.kind,
        !Self.hubs.contains(target)
      else { continue }
      // Of every version: a side that was shown before still names its own.
      for version in subject.document.contentUnits.flatMap(\.versions) {
        guard let id = version.value[field.name]?.stringValue.flatMap({ UniqueID($0) }) else {
          continue
        }
        let key = DocumentKey(type: target, id: id)
        if found.insert(key).inserted, let target = clinic.subject(key), target.document.hasLife {
          addDependents(ofDeleted: target, &found)
        }
      }
    }
  }

  /// A deleted document can come back, or go again, without a write to it: with it goes what refers to it,
  /// and so on, and what those meet sees that.
  private func addDependents(ofDeleted target: Subject, _ found: inout Set<DocumentKey>) {
    var seen: Set<DocumentKey> = []
    var open = [target]
    while let next = open.popLast() {
      guard seen.insert(next.key).inserted else { continue }
      if next.key.type == "patient" { addMergedPatients(next, &found) }
      for key in referrers(of: next.key) {
        found.insert(key)
        guard let referrer = clinic.subject(key), referrer.document.hasLife else { continue }
        addPeers(of: referrer, &found)
        open.append(referrer)
      }
    }
  }

  private func addPeers(of subject: Subject, _ found: inout Set<DocumentKey>) {
    let type = subject.key.type
    for index in ClinicIndex.indexes(ofType: type) where !Self.notForPeers.contains(index) {
      guard let key = index.key(subject.fields, clinic.functions.forms) else { continue }
      if ClinicIndex.inviteTokens.contains(index) {
        found.formUnion(clinic.holders(ofTokenHash: key))
        continue
      }
      found.formUnion(clinic.keys(type, index: index.rawValue, key))
    }
    for index in Self.peerIndexes where index.type == type {
      guard let key = IndexDefinition.key(index.fields.map { subject.fields[$0] }) else { continue }
      found.formUnion(
        clinic.keys(type, index: index.fields.joined(separator: ","), key))
    }
    guard type == "appointment" else { return }
    addNearbyDays(subject, &found)
  }

  /// Of those who share a day, only those that take the same time concern each other; what is to be mailed
  /// has nothing in common.
  private static let notForPeers: [ClinicIndex] = [
    .appointmentDoctorDay, .appointmentClinicianDay, .appointmentPatient, .inviteToMail,
  ]

  private static let peerIndexes: [(type: String, fields: [String])] = [
    ("intake_form", ["appointment_id"]), ("ai_intake_summary", ["appointment_id"]),
    ("availability_override", ["clinician_id", "date"]),
  ]

  /// Appointments in other time zones, whose clocks show another date, and those that collide with a
  /// slot that is held.
  private func addNearbyDays(_ subject: Subject, _ found: inout Set<DocumentKey>) {
    guard let booking = Booking(subject, clinic) else { return }
    found.formUnion(clinic.bookingsAtOnce(of: booking).map(\.subject.key))
    found.formUnion(clinic.bookingsAtOnce(ofPatientOf: booking).map(\.subject.key))
  }

  private func addReferrers(of key: DocumentKey, _ found: inout Set<DocumentKey>) {
    found.formUnion(referrers(of: key))
  }

  /// In the order of the catalogue and its indexes.
  private func referrers(of key: DocumentKey) -> [DocumentKey] {
    clinic.catalogue.references(to: key.type).flatMap { reference in
      clinic.keys(reference.type.name, index: reference.field.name, key.id.description)
    }
  }

  private static func decided(_ decision: Subject) -> [DocumentKey] {
    decision.document.contentUnits.flatMap(\.versions).flatMap { version in
      (version.value["documents"]?.arrayValue ?? []).compactMap { DocumentKey(reviewValue: $0) }
    }
  }

  private func addAppointments(ofClinician user: String?, _ found: inout Set<DocumentKey>) {
    guard let user else { return }
    found.formUnion(clinic.keys("appointment", index: "clinician_id", user))
    for doctor in clinic.living("doctor", index: "user_id", user) {
      found.formUnion(
        clinic.keys("appointment", index: "doctor_id", doctor.key.id.description))
    }
  }
}

extension MergedClinic {
  /// The documents with a key in an index, deleted or not.
  func keys(_ type: String, index: String, _ key: String) -> [DocumentKey] {
    state.keys(ofType: type, index: index, key: key)
      ?? state.documents(ofType: type, index: index, key: key).map(\.key)
  }
}
