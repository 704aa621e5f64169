import Causality
import Clinic
import Documents
import JSON
import Replica
import Storage

/// The review list of a store of appointments.
struct ReviewFamily: MeasureFamily {
  let measures = [MergeMeasures.reviewWrite, MergeMeasures.reviewBuild]

  /// Writes in a run.
  private static let writeCount = 200

  func run(_ bench: Workbench) throws -> [Finding] {
    let replica = try bench.newReplica()
    defer { replica.store.close() }
    let appointments = try fill(replica, bench)
    _ = try replica.checkpoint()
    let builds = try (0..<bench.sizes.runs).map { _ in
      // Another object of the same store: its list is made from nothing.
      let fresh = Replica(
        store: replica.store, role: .laptop, catalogue: replica.catalogue, world: replica.world)
      return try seconds { _ = try fresh.reviewItems() }
    }
    _ = try replica.reviewItems()
    var numbers = SeededNumbers(seed: 7)
    let writes = try (0..<bench.sizes.runs).map { run in
      var total = 0.0
      for number in 0..<Self.writeCount {
        let key = numbers.pick(appointments)
        try replica.transact { (transaction) throws(ReplicaError) in
          try replica.update(
            key, patch: ["notes": .string("\(run) \(number)")], in: &transaction)
        }
        total += try seconds { _ = try replica.reviewItems() }
      }
      return total / Double(Self.writeCount) * 1_000_000
    }
    return [
      Finding(MergeMeasures.reviewWrite, Samples(writes)),
      Finding(MergeMeasures.reviewBuild, Samples(builds)),
    ]
  }

  /// Doctors with eight appointments a day, side by side, of as many patients.
  private func fill(_ replica: Replica, _ bench: Workbench) throws -> [DocumentKey] {
    let count = bench.sizes.documents
    var samples = SampleDocuments(seed: 8)
    let ground = samples.ground
    let doctors = ground.filter { $0.key.type == "doctor" }
    let clinics = samples.clinics
    try replica.fill(with: ground)
    let patients = samples.next(3 * max(1, count / 20)).filter { $0.key.type == "patient" }
    try replica.fill(with: patients)
    var day = CivilDate(year: 2027, month: 1, day: 1)
    var documents: [SampleDocument] = []
    while documents.count < count, let date = day {
      for (place, doctor) in doctors.enumerated() {
        for hour in 8..<16 where documents.count < count {
          let number = documents.count
          documents.append(
            SampleDocument(
              key: DocumentKey(type: "appointment", id: bench.setup.newID()),
              fields: [
                "clinic_id": .string(clinics[place]),
                "doctor_id": .string(doctor.key.id.description),
                "patient_id": .string(patients[number % patients.count].key.id.description),
                "date": .string(date.text), "start_time": .string(Self.time(hour, 0)),
                "end_time": .string(Self.time(hour, 30)), "duration": 30,
                "time_zone": "Africa/Kigali", "utc_offset_minutes": 120,
                "visit_type": "in-clinic", "status": "confirmed", "intake_status": "missing",
                "arrived": false, "confirmation_code": .string(Self.code(number)),
              ]))
        }
      }
      day = date.adding(days: 1)
    }
    try replica.fill(with: documents)
    return documents.map(\.key)
  }

  private static func time(_ hour: Int, _ minute: Int) -> String {
    (hour < 10 ? "0\(hour)" : "\(hour)") + (minute < 10 ? ":0\(minute)" : ":\(minute)")
  }

  private static func code(_ number: Int) -> String {
    let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    return String((0..<8).reversed().map { alphabet[number >> (5 * $0) & 31] })
  }
}
