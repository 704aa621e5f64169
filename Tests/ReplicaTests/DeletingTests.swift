import Causality
import Documents
import JSON
import Replica
import Testing

@Suite struct DeletingTests {
  let fixture: VisitFixture
  var clinic: TestClinic { fixture.clinic }
  var replica: Replica { clinic.replica }
  var patient: DocumentKey { DocumentKey(type: "patient", id: fixture.patient) }

  init() throws { fixture = try VisitFixture() }

  private func book() throws -> UniqueID {
    try replica.book(
      patient: fixture.patient, doctor: fixture.doctor, date: "2026-03-03", time: "10:00"
    ).appointment.id
  }

  @Test func `a patient with an appointment to come cannot be deleted`() throws {
    let visit = try book()
    let before = clinic.knowledge
    let error = try #require(throws: ReplicaError.self) {
      try replica.delete(patient, reason: .mistake)
    }
    #expect("\(error)" == "\(patient) cannot be deleted: appointment \(visit) refers to it")
    #expect(clinic.knowledge == before)
  }

  @Test func `what belongs to a patient goes and comes back with the patient`() throws {
    let visit = try book()
    _ = try replica.cancel(visit, type: "patient-cancelled", note: "on holiday")
    let before = clinic.fields("appointment", visit)
    try replica.delete(patient, reason: .mistake)
    for type in ["patient", "appointment", "cancellation"] {
      #expect(clinic.all(type).isEmpty, "\(type)")
    }
    #expect(try replica.reviewItems().isEmpty)
    try replica.restore(patient)
    #expect(clinic.all("cancellation").count == 1)
    #expect(clinic.fields("appointment", visit).isIdentical(to: before))
  }

  @Test func `a restored patient leaves in the trash what was deleted alone`() throws {
    let invite = try replica.createInvite(patient: fixture.patient).invite
    try replica.delete(invite, reason: .mistake)
    try replica.delete(patient, reason: .mistake)
    try replica.restore(patient)
    #expect(clinic.all("patient").count == 1)
    #expect(clinic.all("invite").isEmpty)
  }

  @Test func `a doctor without appointments can be deleted, a clinic with doctors cannot`() throws {
    let other = try clinic.create(
      "doctor", ["name": "Dr. Lee", "clinic_id": .string(fixture.place.description)])
    try replica.delete(DocumentKey(type: "doctor", id: other), reason: .mistake)
    #expect(clinic.all("doctor").count == 1)
    #expect(throws: ReplicaError.self) {
      try replica.delete(DocumentKey(type: "clinic", id: fixture.place), reason: .mistake)
    }
  }

  @Test func `a laptop without a server cannot erase`() {
    #expect(throws: ReplicaError.self) { try replica.delete(patient, reason: .erasure) }
  }
}
