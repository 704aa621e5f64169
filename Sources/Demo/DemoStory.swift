import Causality
import Clinic
import Documents
import JSON
import Laptop
import Platform
import Replica
import Samples
import Storage

/// What happens in the demo: the same on every run, but for ids and times.
struct DemoStory {
  private let stage: DemoStage
  private let say: (String) -> Void

  /// How it ended.
  struct Ending {
    var isEqual: Bool
    var merged: Int
    var review: [JSONObject]
    var revived: Int
  }

  init(stage: DemoStage, say: @escaping (String) -> Void) {
    self.stage = stage
    self.say = say
  }

  private var a: Replica { stage.laptopA.replica }
  private var b: Replica { stage.laptopB.replica }

  func run() throws -> Ending {
    try importSamples()
    try syncBoth()
    let plan = try Plan(a)
    try editOffline(plan)
    try syncBoth()
    try sync("Laptop A again", stage.laptopA)
    return try ending(plan)
  }

  // MARK: - 1. Import

  private func importSamples() throws {
    say("1. Laptop A takes the clinics' data from CSV files.")
    let patients = try a.importPatients(Array(Samples.patientsCSV.utf8))
    say("   \(patients.created) patients")
    var appointments = 0
    for clinic in Samples.clinics {
      let clinicID = try create(
        "clinic",
        [
          "name": .string(clinic.name), "timezone": .string(clinic.timeZone),
          "clinic_type": .string(clinic.clinicType),
        ])
      for doctor in Samples.doctors(of: clinic) {
        appointments += try importAppointments(of: doctor, clinicID)
      }
      say("   \(clinic.name) (\(clinic.timeZone))")
    }
    say("   \(appointments) appointments of \(Samples.doctors.count) doctors")
  }

  private func importAppointments(
    of doctor: SampleDoctor, _ clinic: UniqueID
  ) throws -> Int {
    let id = try create(
      "doctor",
      [
        "clinic_id": .string(clinic.description), "name": .string(doctor.name),
        "initials": .string(doctor.initials), "specialty": .string(doctor.specialty),
        "color": .string(doctor.color),
      ])
    let report = try a.importAppointments(
      Array(doctor.appointmentsCSV.utf8), clinic: clinic, doctor: id,
      map: ["patient_prefix": Samples.externalIDPrefix])
    return report.created
  }

  private func create(_ type: String, _ fields: JSONObject) throws -> UniqueID {
    try a.transact { (transaction) throws(ReplicaError) in
      try a.create(fields, type: type, in: &transaction)
    }.id
  }

  // MARK: - 2. Sync

  private func syncBoth() throws {
    try sync("Laptop A", stage.laptopA)
    try sync("Laptop B", stage.laptopB)
  }

  private func sync(_ name: String, _ laptop: Laptop) throws {
    let report = try laptop.syncOnce(url: nil)
    say(
      "   \(name) syncs: \(report.pushed) documents sent, \(report.pulled) fetched, "
        + "\(report.roundTrips) round trip\(report.roundTrips == 1 ? "" : "s")")
  }

  // MARK: - 3. Apart

  /// The documents that the two laptops meet on.
  private struct Plan {
    let edited: [DocumentKey]
    let moved: DocumentKey
    let deleted: DocumentKey

    /// - Throws: if the sample data holds nothing that fits.
    init(_ replica: Replica) throws {
      let patients = try replica.list(ListQuery(type: "patient")).compactMap(Self.key)
      var query = ListQuery(type: "appointment")
      query.filters = [(field: "status", value: "unconfirmed")]
      query.sort = "date"
      let busy = try Set(replica.list(query).compactMap { $0["patient_id"]?.stringValue })
      let free = patients.filter { !busy.contains($0.id.description) }
      guard patients.count > 3, let moved = try replica.list(query).compactMap(Self.key).last,
        let deleted = free.last
      else { throw DemoError(description: "the sample data does not fit the story") }
      edited = Array(patients.filter { $0 != deleted }.prefix(3))
      self.moved = moved
      self.deleted = deleted
    }

    private static func key(_ view: JSONObject) -> DocumentKey? {
      guard let id = view["id"]?.stringValue.flatMap({ UniqueID($0) }),
        let type = view["type"]?.stringValue
      else { return nil }
      return DocumentKey(type: type, id: id)
    }
  }

  private func editOffline(_ plan: Plan) throws {
    say("2. The network is gone. Both laptops go on.")
    for (number, key) in plan.edited.enumerated() {
      try update(a, key, ["phone": .string("555-019\(number)")])
      try update(b, key, ["notes": "Prefers to be called in the morning."])
    }
    say("   A corrects the phone of 3 patients, B adds a note to the same 3.")
    let date = try value(a, plan.moved, "date")
    _ = try a.reschedule(plan.moved.id, date: "2027-05-03", time: "09:00")
    _ = try b.reschedule(plan.moved.id, date: "2027-05-04", time: "14:30")
    say("   Both move the same appointment (of \(date)): A to 3 May 09:00, B to 4 May 14:30.")
    try a.delete(plan.deleted, reason: .mistake)
    try update(b, plan.deleted, ["phone": "555-0199"])
    say("   A deletes a patient by mistake, B has just corrected that patient's phone.")
    say("3. The network is back.")
  }

  private func update(_ replica: Replica, _ key: DocumentKey, _ patch: JSONObject) throws {
    try replica.transact { (transaction) throws(ReplicaError) in
      try replica.update(key, patch: patch, in: &transaction)
    }
  }

  private func value(_ replica: Replica, _ key: DocumentKey, _ field: String) throws -> String {
    guard let document = try replica.document(key) else {
      throw ReplicaError.notFound(type: key.type, name: key.id.description)
    }
    return replica.view(document)[field].map(plainText) ?? ""
  }

  // MARK: - 4. Proof

  private func ending(_ plan: Plan) throws -> Ending {
    let items = try a.reviewItems()
    let merged = try plan.edited.filter { key in
      try value(a, key, "phone").hasPrefix("555-019") && !value(a, key, "notes").isEmpty
    }
    let isBack = try !a.isDeleted(plan.deleted)
    let revived = items.filter { $0.rule == "P9" && isBack }
    let server = try stage.serverReplica()
    let listing = try Self.listing(a)
    let isEqual = try listing == Self.listing(b) && listing == Self.listing(server)
    return Ending(
      isEqual: isEqual, merged: merged.count, review: items.map(\.value), revived: revived.count)
  }

  /// Every document that lives, as `satchel list --json` prints it.
  private static func listing(_ replica: Replica) throws -> [UInt8] {
    try replica.documentCounts().flatMap { type, _ in
      try replica.list(ListQuery(type: type)).flatMap { JSONValue.object($0).bytes + [10] }
    }
  }
}

/// The demo cannot go on.
struct DemoError: Error, CustomStringConvertible {
  let description: String
}
