import Clinic
import Samples
import Testing

private func records(_ csv: String) throws -> [CSVRecord] {
  try CSVTable(Array(csv.utf8)).map { result in
    guard case .record(let record) = result else { throw BadSample(result: result) }
    return record
  }
}

private struct BadSample: Error {
  let result: CSVTableResult
}

/// A doctor's appointment, read the way an import reads it.
private struct SampleAppointment {
  let id: String
  let doctor: String
  let patient: String
  let status: String
  let times: AppointmentTimes
}

private func appointments() throws -> [SampleAppointment] {
  try Samples.doctors.flatMap { doctor in
    let clinic = try #require(Samples.clinics.first { $0.key == doctor.clinicKey })
    return try records(doctor.appointmentsCSV).map { record in
      SampleAppointment(
        id: record["appointment_id"] ?? "", doctor: doctor.key,
        patient: record["patient_id"] ?? "", status: record["status"] ?? "",
        times: try ZonedTime.endOfAppointment(
          date: try #require(record["appointment_date"].flatMap { CivilDate($0) }),
          start: try #require(record["appointment_time"].flatMap { TimeOfDay($0) }),
          durationMinutes: Samples.appointmentMinutes, zone: clinic.timeZone, policy: .manual,
          utcOffsetSeconds: FakeZones.utcOffsetSeconds))
    }
  }
}

@Suite struct SamplesTests {
  @Test func `there are sixty patients whom an import can tell apart`() throws {
    let patients = try records(Samples.patientsCSV)
    #expect(patients.count == 60)
    let columns = try CSVTable(Array(Samples.patientsCSV.utf8)).columns
    #expect(
      columns == ["email", "first_name", "last_name", "phone", "external_id", "date_of_birth"])
    for column in ["email", "phone", "external_id"] {
      let values = patients.compactMap { $0[column] }.filter { !$0.isEmpty }
      #expect(Set(values).count == values.count, "\(column) is there twice")
      #expect(values.count < 60 && values.count > 45, "some have no \(column)")
    }
    for patient in patients {
      #expect(patient["email"] != "" || patient["external_id"] != "", "line \(patient.line)")
      #expect(patient["first_name"] != "" && patient["last_name"] != "", "line \(patient.line)")
      let birth = patient["date_of_birth"] ?? ""
      #expect(birth.isEmpty || CivilDate(birth) != nil, "line \(patient.line)")
    }
  }

  @Test func `e-mails and phones belong to nobody`() throws {
    for patient in try records(Samples.patientsCSV) {
      let email = patient["email"] ?? ""
      let phone = patient["phone"] ?? ""
      #expect(email.isEmpty || email.hasSuffix("@example.org"))
      #expect(email.utf8.allSatisfy { $0 < 128 })
      #expect(phone.isEmpty || phone.hasPrefix("555-01") && phone.utf8.count == 8)
    }
  }

  @Test func `there are two hundred appointments with known patients`() throws {
    let known = Set(try records(Samples.patientsCSV).compactMap { $0["external_id"] })
    let all = try appointments()
    #expect(all.count == 200)
    #expect(Set(all.map(\.id)).count == 200)
    for appointment in all {
      #expect(known.contains(Samples.externalIDPrefix + appointment.patient), "\(appointment.id)")
    }
    #expect(
      Set(all.map(\.status)) == ["attended", "cancelled", "did not attend", "scheduled", "unknown"])
  }

  @Test func `no two appointments of a doctor or a patient overlap unless cancelled`() throws {
    let all = try appointments().filter { $0.status != "cancelled" }
      .sorted { $0.times.occupancy.start < $1.times.occupancy.start }
    for (index, one) in all.enumerated() {
      for other in all[(index + 1)...] where one.times.occupancy.overlaps(other.times.occupancy) {
        #expect(
          one.doctor != other.doctor && one.patient != other.patient, "\(one.id), \(other.id)")
      }
    }
  }

  @Test func `a cancelled appointment's slot was given away somewhere`() throws {
    let all = try appointments()
    let cancelled = all.filter { $0.status == "cancelled" }
    #expect(
      cancelled.contains { gone in
        all.contains {
          $0.id != gone.id && $0.doctor == gone.doctor && $0.times.start == gone.times.start
            && $0.status != "cancelled"
        }
      })
  }

  @Test func `visits stand on both sides of the gap in New York`() throws {
    let night = try appointments().filter { $0.times.start.date == CivilDate("2026-03-08") }
    #expect(night.map { $0.times.start.time.text } == ["01:30", "03:00", "03:30"])
    #expect(night.first?.times.endTimeText == "03:00")
    #expect(night.allSatisfy { $0.times.start.zone == "America/New_York" })
  }

  @Test func `clinics are in different zones and have doctors`() {
    #expect(Samples.clinics.map(\.timeZone) == ["America/New_York", "Europe/Berlin"])
    #expect(
      Samples.clinics.map { Samples.doctors(of: $0).map(\.key) } == [
        ["okafor", "brandt"], ["winter"],
      ])
  }
}
