import Causality
import Clinic
import JSON
import Replica
import ReplicaTestSupport
import TestSupport
import Testing

/// The days of the real files, as the schedule and the dashboard tell them, beside the lines of the files.
@Suite(
  .enabled(
    if: TestData.folder != nil,
    "the real files are not there: name their folder in SATCHEL_TEST_DATA"))
struct RealDayTests {
  private let api: TestAPI
  private let doctor: UniqueID
  /// The visits of each day, each as its time and status, in order.
  private let visits: [String: [String]]

  /// What the statuses of the file are called here.
  private static let statuses = [
    "attended": "completed", "cancelled": "cancelled", "did not attend": "no-show",
    "scheduled": "unconfirmed", "unknown": "unconfirmed",
  ]

  init() throws {
    api = try TestAPI()
    let clinic = try api.make("clinics", ["name": "North", "timezone": "America/New_York"]).id
    let profile = try api.make("doctors", ["name": "Dr. O", "clinic_id": .string(clinic)]).id
    doctor = try #require(UniqueID(profile))
    let patients = try TestData.bytes("derived/patients_import.csv")
    let appointments = try TestData.bytes("medscheduler/appointments.csv")
    visits = try Self.visits(String(decoding: appointments, as: UTF8.self))
    #expect(try api.server.replica.importPatients(patients).created == 997)
    let report = try api.server.replica.importAppointments(
      appointments, clinic: try #require(UniqueID(clinic)), doctor: doctor)
    #expect(report.created == 2234)
  }

  /// The file has neither quotes nor blanks: a line is split at its commas.
  private static func visits(_ text: String) throws -> [String: [String]] {
    let lines = text.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let columns = try ["appointment_date", "appointment_time", "status"].map { name in
      try #require(lines[0].firstIndex(of: name))
    }
    var visits: [String: [String]] = [:]
    for line in lines.dropFirst() {
      let status = try #require(statuses[line[columns[2]]])
      visits[line[columns[0]], default: []].append("\(line[columns[1]].prefix(5)) \(status)")
    }
    return visits.mapValues { $0.sorted() }
  }

  @Test func `every visit of the file stands once in the schedule, on its day and at its time`()
    throws
  {
    var found: [String: [String]] = [:]
    let spans = [
      ("2026-01-05", "2026-03-05"), ("2026-03-06", "2026-05-05"), ("2026-05-06", "2026-07-05"),
      ("2026-07-06", "2026-09-04"),
    ]
    let days = try spans.flatMap { first, last in
      let answer = try api("GET", "/api/schedule?doctor_id=\(doctor)&from=\(first)&to=\(last)")
      return answer["days"]?.arrayValue ?? []
    }
    for day in days {
      let (date, booked) = (day.objectValue?["date"], day.objectValue?["booked"]?.arrayValue ?? [])
      let all = booked.compactMap(\.objectValue).map { visit in
        "\(visit["start_time"]?.stringValue ?? "") \(visit["status"]?.stringValue ?? "")"
      }
      if !all.isEmpty { found[date?.stringValue ?? ""] = all.sorted() }
    }
    #expect(found.count == 140 && found.values.reduce(0) { $0 + $1.count } == 2234)
    #expect(found == visits)
  }

  @Test func `the dashboard of a day counts what the file says of it`() throws {
    for (date, lines) in visits.sorted(by: { $0.key < $1.key }) {
      let day = try api("GET", "/api/dashboard?date=\(date)")["appointments"]?.objectValue
      var counts: [String: Int] = [:]
      for line in lines { counts[String(line.dropFirst(6)), default: 0] += 1 }
      let found = day?["by_status"]?.objectValue?.members.filter { $0.value != 0 } ?? []
      #expect(
        Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0.value.intValue ?? 0) }) == counts)
      #expect(day?["total"]?.intValue == lines.count)
      #expect(day?["arrivals"]?.intValue == counts["completed"] ?? 0)
    }
    let patients = try api("GET", "/api/dashboard")["patients"]?.objectValue
    #expect(patients?["total"]?.intValue == 997)
  }
}
