import Causality
import Clinic
import Documents
import JSON
import Platform
import Replica

/// A clinic in full work: patients from a file, doctors whose days are booked for half a year and more.
struct SampleClinic {
  let clinic: UniqueID
  let doctors: [UniqueID]
  let patients: [UniqueID]
  /// Of the week that is measured: a Monday.
  let monday: CivilDate

  private static let doctorCount = 25
  /// Of a working day, in half hours.
  private static let slotsPerDay = 16
  private static let documentsPerTransaction = 1000

  /// A CSV file as a clinic's earlier system writes it.
  static func patientFile(_ count: Int) -> [UInt8] {
    var numbers = SeededNumbers(seed: 11)
    var text = "external_id,first_name,last_name,email,phone,date_of_birth\r\n"
    for number in 0..<count {
      let first = numbers.pick(SampleWords.givenNames)
      let last = numbers.pick(SampleWords.familyNames)
      let day = numbers.number(10...28)
      text += "MRN-\(number),\(first),\(last),\(first).\(last).\(number)@example.org,"
      text += "555-\(numbers.number(1000...9999)),\(numbers.number(1930...2020))-05-\(day)\r\n"
    }
    return Array(text.utf8)
  }

  /// Fills an empty store.
  init(_ replica: Replica, patients count: Int, appointments: Int) throws {
    _ = try replica.importPatients(Self.patientFile(count))
    patients = try replica.list(ListQuery(type: "patient")).compactMap {
      $0["id"]?.stringValue.flatMap { UniqueID($0) }
    }
    (clinic, doctors) = try replica.transact { (transaction) throws(ReplicaError) in
      try Self.makeDoctors(replica, &transaction)
    }
    let today = Int(replica.world.clock.now() / 86_400_000)
    // Of 1970-01-01, a Thursday, 4 days later was a Monday.
    guard let monday = CivilDate(daysSince1970: today - (today - 4) % 7) else {
      throw BenchmarkError("the clock is wrong")
    }
    self.monday = monday
    try book(appointments, replica)
  }

  private static func makeDoctors(
    _ replica: Replica, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> (UniqueID, [UniqueID]) {
    let clinic = try replica.create(
      ["name": "Riverside", "timezone": "Africa/Kigali"], type: "clinic", in: &transaction)
    var doctors: [UniqueID] = []
    for number in 0..<doctorCount {
      let user = try replica.create(
        [
          "email": .string("doctor\(number)@example.org"), "name": .string("Doctor \(number)"),
          "role": "clinician",
        ], type: "user", in: &transaction)
      let doctor = try replica.create(
        [
          "name": .string("Doctor \(number)"), "clinic_id": .string(clinic.id.description),
          "user_id": .string(user.id.description),
        ], type: "doctor", in: &transaction)
      try replica.create(
        [
          "clinician_id": .string(user.id.description), "start_date": "2020-01-01",
          "days_of_week": [0, 1, 2, 3, 4], "slot_minutes": 30,
          "time_slots": .array((0..<20).map { .string(time($0)) }), "time_zone": "Africa/Kigali",
          "clinic_id": .string(clinic.id.description),
        ], type: "recurring_availability", in: &transaction)
      doctors.append(doctor.id)
    }
    return (clinic.id, doctors)
  }

  /// The start of a half hour of the day.
  private static func time(_ slot: Int) -> String {
    let minutes = 8 * 60 + slot * 30
    return "\(minutes < 600 ? "0" : "")\(minutes / 60):\(minutes % 60 == 0 ? "00" : "30")"
  }

  /// Books all slots of all doctors, day by day, from the Monday on and from there back.
  private func book(_ count: Int, _ replica: Replica) throws {
    let perDay = doctors.count * Self.slotsPerDay
    for start in stride(from: 0, to: count, by: Self.documentsPerTransaction) {
      try replica.transact { (transaction) throws(ReplicaError) in
        for number in start..<min(start + Self.documentsPerTransaction, count) {
          let fields = appointment(number, day: number / perDay, slot: number % perDay)
          try replica.create(fields, type: "appointment", in: &transaction)
        }
      }
    }
  }

  private func appointment(_ number: Int, day: Int, slot: Int) -> JSONObject {
    // Two thirds of the days lie behind.
    let date = monday.adding(days: day % 3 == 0 ? day / 3 : -day)
    let (doctor, half) = (doctors[slot / Self.slotsPerDay], slot % Self.slotsPerDay)
    let patient = patients[number * 7919 % patients.count]
    return [
      "clinic_id": .string(clinic.description), "doctor_id": .string(doctor.description),
      "patient_id": .string(patient.description), "date": .string(date?.text ?? ""),
      "start_time": .string(Self.time(half)), "end_time": .string(Self.time(half + 1)),
      "duration": 30, "time_zone": "Africa/Kigali",
      "status": number % 5 == 0 ? "confirmed" : "unconfirmed",
    ]
  }
}
