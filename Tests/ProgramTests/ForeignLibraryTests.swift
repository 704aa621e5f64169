import Glibc
import Platform
import TestSupport
import Testing

/// Exports of the real files, read by libraries that others wrote: `Conformance/exports/check.py`. They come
/// from PyPI into a temporary directory; `SATCHEL_TEST_PYTHON` may name a Python that has them.
@Suite(
  .enabled(
    if: TestData.folder != nil,
    "the real files are not there: name their folder in SATCHEL_TEST_DATA"))
struct ForeignLibraryTests {
  let fixture: ProgramFixture
  let server: ClinicServer
  let laptop: TestLaptop

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    laptop = try server.laptop("laptop")
    try laptop.sync()
    let folder = TestData.folder ?? ""
    let clinic = try laptop.create("clinic", #"{"name":"Ñorth","timezone":"America/New_York"}"#)
    let user = try laptop.onlyID("user")
    let doctor = try laptop.create(
      "doctor", #"{"name":"Dr. Okafor","clinic_id":"\#(clinic)","user_id":"\#(user)"}"#)
    try laptop.succeed("import", "patients", "\(folder)/derived/patients_import.csv")
    try laptop.succeed(
      "import", "appointments", "\(folder)/medscheduler/appointments.csv", "--clinic", clinic,
      "--doctor", doctor)
    try laptop.succeed("create", "recurring_availability", input: Self.hours(user))
    try book(doctor)
  }

  /// Hours without an end and with one, in zones whose clocks change on other days.
  private static func hours(_ user: String) -> String {
    [
      #"{"clinician_id":"\#(user)","days_of_week":[0,1,2],"start_date":"2026-01-01","#
        + #""time_slots":["09:00","10:00","11:00","12:00"],"time_zone":"America/New_York"}"#,
      #"{"clinician_id":"\#(user)","days_of_week":[6],"start_date":"2025-01-01","#
        + #""time_slots":["01:30"],"valid_until":"2026-12-31","time_zone":"Europe/Berlin"}"#,
      #"{"clinician_id":"\#(user)","days_of_week":[4],"start_date":"2026-01-01","#
        + #""time_slots":["12:00"],"time_zone":"Australia/Lord_Howe"}"#,
    ].joined(separator: "\n")
  }

  /// What people do with appointments.
  private func book(_ doctor: String) throws {
    for (time, action) in [
      ("09:00", ["confirm"]), ("10:00", ["arrive"]), ("11:00", ["no-show"]),
      ("12:00", ["cancel", "--type", "clinic-cancelled", "--note", "flooded"]),
    ] {
      let text = try laptop.succeed(
        "book", "MED-01732", "--doctor", doctor, "--date", "2026-12-01", "--time", time,
        "--type", "virtual", "--category", "new-patient", "--json")
      let id = text.split(separator: #""id":""#)[1].prefix(36)
      let words = [action[0], String(id)] + action.dropFirst()
      #expect(try laptop.start(words).wait().status == 0)
    }
  }

  @Test func `real files are exported in all forms, and foreign libraries read them`() throws {
    let table = fixture.path("patients.csv")
    try laptop.succeed("export", "csv", "--type", "patient", "--out", table)
    let report = try laptop.succeed("import", "patients", table, "--json")
    #expect(report.contains(#""created":0,"updated":0,"unchanged":997"#))
    let lines = try laptop.succeed("export", "ndjson")
    #expect(lines.split(separator: "\n").count > 3700)
    let files = [fixture.path("bundle.json"), fixture.path("calendar.ics")]
    try laptop.succeed("export", "fhir", "--with-notes", "--codes", "--out", files[0])
    try laptop.succeed("export", "ics", "--initials", "--out", files[1])
    guard let python = try ForeignPython.withLibraries(in: fixture) else {
      try Test.cancel("python3 with fhir.resources and icalendar cannot be had")
    }
    let package = parentDirectory(of: parentDirectory(of: parentDirectory(of: #filePath)))
    let script = "\(package)/Conformance/exports/check.py"
    let result = try ForeignPython.run(python, [script] + files, fixture)
    #expect(result.status == 0, "\(result)")
    #expect(result.text.contains(#""Appointment": 2238"#))
    #expect(result.text.contains("2244 events"))
  }
}

/// A Python with libraries from PyPI.
enum ForeignPython {
  static let path: String? = {
    let folders = (Host.environment("PATH") ?? "").split(separator: ":").map(String.init)
    return (folders + ["/usr/bin", "/usr/local/bin"]).map { "\($0)/python3" }
      .first { access($0, X_OK) == 0 }
  }()

  private static let libraries = [
    "fhir.resources==6.1.0", "pydantic[email]<2", "icalendar", "tzdata",
  ]

  /// - Returns: nil if the libraries are not there and cannot be fetched.
  static func withLibraries(in fixture: ProgramFixture) throws -> String? {
    if let known = Host.environment("SATCHEL_TEST_PYTHON") { return known }
    guard let path else { return nil }
    let folder = fixture.path("python")
    guard try run(path, ["-m", "venv", folder], fixture).status == 0 else { return nil }
    let python = "\(folder)/bin/python3"
    let fetched = try run(
      python,
      ["-m", "pip", "install", "--quiet", "--timeout", "15", "--retries", "1"] + libraries, fixture)
    return fetched.status == 0 ? python : nil
  }

  static func run(
    _ python: String, _ arguments: [String], _ fixture: ProgramFixture
  ) throws -> ProgramResult {
    // What says how to reach the network counts here.
    let names = ["PATH", "HOME", "LANG"]
    let prefixes = ["PIP_", "HTTP", "http", "NO_PROXY", "no_proxy", "SSL_", "REQUESTS_"]
    let environment = Host.environmentLines.filter { line in
      names.contains { line.hasPrefix("\($0)=") } || prefixes.contains { line.hasPrefix($0) }
    }
    return try ChildProcess(
      python, arguments, environment: environment, directory: fixture.path("tmp")
    ).wait(withinSeconds: 300)
  }
}

extension Host {
  /// `NAME=value`, of this process.
  fileprivate static var environmentLines: [String] {
    var lines: [String] = []
    var place = environ
    while let line = place.pointee {
      lines.append(String(cString: line))
      place += 1
    }
    return lines
  }
}
