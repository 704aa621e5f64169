import Glibc
import JSON
import Platform
import Testing

/// Exports, and the commands that only look, by real processes.
@Suite struct ExportTests {
  let fixture: ProgramFixture
  let laptop: TestLaptop
  let clinic: String
  let doctor: String
  let patient: String

  init() throws {
    fixture = try ProgramFixture()
    laptop = try TestLaptop(fixture, "laptop")
    clinic = try laptop.create("clinic", #"{"name":"North","timezone":"America/New_York"}"#)
    doctor = try laptop.create("doctor", #"{"name":"Dr. Field","clinic_id":"\#(clinic)"}"#)
    patient = try laptop.create(
      "patient", #"{"first_name":"Ana","last_name":"Ruiz","external_id":"R-1","notes":"=1+1"}"#)
    try laptop.succeed(
      "book", patient, "--doctor", doctor, "--date", "2026-12-01", "--time", "09:30",
      "--category", "follow-up")
  }

  private var formats: [[String]] {
    [["ndjson"], ["csv", "--type", "patient"], ["fhir"], ["ics"]]
  }

  private func names() throws -> [String] {
    try POSIXFileSystem().contents(ofDirectory: fixture.directory)
  }

  /// Without the times at which exports were made.
  private func timeless(_ text: String) -> String {
    text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("DTSTAMP") }
      .map { line in
        line.split(separator: #""timestamp":""#).enumerated()
          .map { $0.offset == 0 ? $0.element : $0.element.dropFirst(24) }.joined()
      }.joined(separator: "\n")
  }

  @Test func `an export is printed, or goes to a new file for its user alone`() throws {
    for format in formats {
      let file = fixture.path("out.\(format[0])")
      let printed = try laptop.start(["export"] + format).wait()
      #expect(printed.status == 0 && printed.errors.isEmpty && !printed.output.isEmpty)
      let written = try laptop.start(["export"] + format + ["--out", file]).wait()
      #expect(written.status == 0 && written.output.isEmpty)
      let text = String(decoding: try readWhole(file), as: UTF8.self)
      #expect(timeless(text) == timeless(printed.text))
      var status = stat()
      #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }
    #expect(try names().allSatisfy { !$0.hasSuffix(temporaryFileSuffix) })
  }

  @Test func `a file that is there stays as it is, and a refused export leaves none`() throws {
    let file = fixture.path("there.ics")
    try write("mine", to: file)
    let refused = try laptop.run("export", "ics", "--out", file)
    #expect(refused.status == 1 && refused.errors.contains("there already"))
    #expect(try readWhole(file) == Array("mine".utf8))
    let before = try names()
    for arguments in [
      ["csv"], ["csv", "--type", "gadget"], ["fhir", "--type", "invite"], ["ics", "--names"],
      ["ics", "--names", "--yes", "--initials"], ["fhir", "--initials"], ["xml"], [],
      ["fhir", "--base", "ftp://x"],
    ] {
      let out = arguments.isEmpty ? [] : ["--out", fixture.path("new")]
      let result = try laptop.start(["export"] + arguments + out).wait()
      #expect(result.status == 2, "\(arguments): \(result)")
      #expect(result.errors.split(separator: "\n").count == 1 && result.output.isEmpty)
    }
    #expect(try names() == before)
    let noStore = try fixture.run(
      "satchel",
      ["--store", fixture.path("none"), "export", "ics", "--out", fixture.path("new")])
    #expect(noStore.status == 1)
    #expect(try names() == before)
    let nowhere = try laptop.run("export", "ics", "--out", fixture.path("no/such/place"))
    #expect(nowhere.status == 1)
  }

  @Test func `flags tell more, and a setting names the base`() throws {
    let code = try laptop.create(
      "appointment",
      #"{"patient_id":"\#(patient)","doctor_id":"\#(doctor)","clinic_id":"\#(clinic)","#
        + #""date":"2026-12-02","start_time":"09:00","confirmation_code":"ABCD2345","#
        + #""meeting_link":"https://meet.example.org/x","notes":"bring papers"}"#)
    #expect(!code.isEmpty)
    let quiet = try laptop.succeed("export", "fhir") + laptop.succeed("export", "ics")
    for secret in ["ABCD2345", "meet.example.org", "papers", "=1+1"] {
      #expect(!quiet.contains(secret))
    }
    let loud = try laptop.succeed(
      "export", "fhir", "--with-notes", "--links", "--codes", "--base", "https://example.org/f/")
    for secret in ["ABCD2345", "meet.example.org", "papers", "=1+1", "https://example.org/f/sid"] {
      #expect(loud.contains(secret))
    }
    #expect(try laptop.succeed("export", "ics", "--initials").contains("follow-up A.R.\r\n"))
    #expect(try laptop.succeed("export", "ics", "--names", "--yes").contains("Ana Ruiz"))
    let configured = try fixture.start(
      "satchel", ["--store", laptop.store, "export", "fhir"],
      environment: ["SATCHEL_FHIR_BASE=https://example.org/g"]
    ).wait()
    #expect(configured.text.contains("https://example.org/g/StructureDefinition/created"))
  }

  @Test func `what waits for review is marked, and only that`() throws {
    let other = try laptop.create("doctor", #"{"name":"Dr. Lee","clinic_id":"\#(clinic)"}"#)
    for command in ["fhir", "ics"] {
      #expect(try !laptop.succeed("export", command).lowercased().contains("conflict"))
    }
    // One patient at two places at once.
    let booked = try laptop.run(
      "book", patient, "--doctor", other, "--date", "2026-12-01", "--time", "09:30")
    #expect(booked.status == 3)
    try laptop.succeed(
      "book", patient, "--doctor", other, "--date", "2026-12-03", "--time", "09:30")
    let calendar = try laptop.succeed("export", "ics")
    #expect(calendar.partCount(at: "X-CLINIC-CONFLICT:TRUE\r\n") == 3)
    let bundle = try laptop.succeed("export", "fhir", "--type", "appointment")
    #expect(bundle.partCount(at: "conflict-open") == 3)
  }

  @Test func `the daemon exports the same, and nothing is left in its store`() throws {
    let own = try formats.map { try laptop.start(["export"] + $0).wait().text }
    try laptop.startDaemon()
    for (format, expected) in zip(formats, own) {
      let file = fixture.path("daemon.\(format[0])")
      #expect(try timeless(laptop.start(["export"] + format).wait().text) == timeless(expected))
      #expect(try laptop.start(["export"] + format + ["--out", file]).wait().status == 0)
      let text = String(decoding: try readWhole(file), as: UTF8.self)
      #expect(timeless(text) == timeless(expected))
    }
    let refused = try laptop.run("export", "csv", "--out", fixture.path("refused"))
    #expect(refused.status == 2)
    let left = try names() + POSIXFileSystem().contents(ofDirectory: laptop.store)
    #expect(left.allSatisfy { !$0.hasSuffix(temporaryFileSuffix) && $0 != "refused" })
    try laptop.stopDaemon()
    #expect(try laptop.isSound())
  }

  @Test func `a table of patients comes back and changes nothing`() throws {
    let file = fixture.path("patients.csv")
    try laptop.succeed("export", "csv", "--type", "patient", "--out", file)
    let before = try laptop.knowledge()
    let report = try laptop.run("import", "patients", file, "--json")
    #expect(report.status == 0 && report.text.contains(#""unchanged":1"#))
    #expect(try laptop.knowledge() == before)
  }

  @Test func `the journey of a patient is shown, for people and for programs`() throws {
    try laptop.succeed("update", "patient", "R-1", input: #"{"email":"ana@example.org"}"#)
    try laptop.succeed("invite", "R-1")
    let text = try laptop.succeed("show", "patient", "R-1")
    #expect(text.hasPrefix("Ana Ruiz  R-1  active\nat  "))
    #expect(text.contains("appointment on 2026-12-01 at 09:30 with Dr. Field"))
    let lines = try laptop.succeed("show", "patient", patient, "--json").split(separator: "\n")
    let entries = try lines.compactMap { try JSONValue(parsing: Array($0.utf8)).objectValue }
    #expect(entries.compactMap { $0["type"]?.stringValue } == ["invite", "appointment"])
    #expect(entries.last?["at"]?.stringValue == "2026-12-01T14:30:00.000Z")
    let missing = try laptop.run("show", "patient", "nobody")
    #expect(missing.status == 1 && missing.errors.contains("no patient nobody"))
  }

  @Test func `a schedule shows what is booked and what is free`() throws {
    let server = try ClinicServer(fixture)
    let laptop = try server.laptop("enrolled")
    try laptop.sync()
    let user = try laptop.onlyID("user")
    let clinic = try laptop.create("clinic", #"{"name":"North","timezone":"America/New_York"}"#)
    let doctor = try laptop.create(
      "doctor", #"{"name":"Dr. Field","clinic_id":"\#(clinic)","user_id":"\#(user)"}"#)
    let patient = try laptop.create("patient", #"{"first_name":"Ana","last_name":"Ruiz"}"#)
    try laptop.succeed(
      "book", patient, "--doctor", doctor, "--date", "2026-12-01", "--time", "09:30",
      "--category", "follow-up")
    _ = try laptop.create(
      "recurring_availability",
      #"{"clinician_id":"\#(user)","days_of_week":[1],"start_date":"2026-11-01","#
        + #""time_slots":["09:30","10:00"]}"#)
    let day = try laptop.succeed("schedule", "--date", "2026-12-01").split(separator: "\n")
    #expect(day.first == "Dr. Field (America/New_York)")
    #expect(day.count == 4)
    #expect(day[2].contains("09:30  10:00  unconfirmed  Ana Ruiz  follow-up"))
    #expect(day[3].contains("10:00  10:30  free"))
    let week = try laptop.succeed("schedule", "--doctor", doctor, "--week", "2026-12-05", "--json")
    let value = try #require(try JSONValue(parsing: Array(week.utf8)).objectValue)
    let days = value["days"]?.arrayValue?.compactMap(\.objectValue) ?? []
    #expect(days.first?["date"]?.stringValue == "2026-11-30" && days.count == 7)
    #expect(days.map { $0["booked"]?.arrayValue?.count } == [0, 1, 0, 0, 0, 0, 0])
    #expect(days[1]["free"]?.arrayValue?.count == 1)
    #expect(value["doctor_id"]?.stringValue == doctor && value["any_time"]?.boolValue == false)
    let today = try laptop.succeed("schedule", "--doctor", doctor)
    #expect(today.hasPrefix("Dr. Field (America/New_York)\n"))
    for arguments in [["--date", "x"], ["--date", "2026-12-01", "--week", "2026-12-01"]] {
      #expect(try laptop.start(["schedule"] + arguments).wait().status == 2)
    }
  }
}

extension String {
  /// How many parts a text makes of this one.
  fileprivate func partCount(at text: String) -> Int {
    split(separator: text, omittingEmptySubsequences: false).count
  }
}
