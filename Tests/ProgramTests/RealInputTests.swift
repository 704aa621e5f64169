import JSON
import TestSupport
import Testing

/// The real files, through the programs.
@Suite(
  .enabled(
    if: TestData.folder != nil,
    "the real files are not there: name their folder in SATCHEL_TEST_DATA"))
struct RealInputTests {
  let fixture: ProgramFixture
  let server: ClinicServer
  let patients: String
  let appointments: String

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    let folder = TestData.folder ?? ""
    patients = "\(folder)/derived/patients_import.csv"
    appointments = "\(folder)/medscheduler/appointments.csv"
  }

  private func report(_ text: String) throws -> JSONObject {
    try #require(try JSONValue(parsing: Array(text.utf8)).objectValue)
  }

  private func count(_ type: String, _ laptop: TestLaptop) throws -> Int {
    try laptop.succeed("list", type, "--json").split(separator: "\n").count
  }

  @Test func `two laptops that import the same patients have them once`() throws {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    for laptop in [a, b] {
      let first = try report(laptop.succeed("import", "patients", patients, "--json"))
      #expect(first["created"]?.intValue == 997 && first["errors"]?.arrayValue?.isEmpty == true)
      let before = try laptop.knowledge()
      let second = try report(laptop.succeed("import", "patients", patients, "--json"))
      #expect(second["unchanged"]?.intValue == 997 && second["created"]?.intValue == 0)
      #expect(try laptop.knowledge() == before)
    }
    try a.sync()
    try b.sync()
    try a.sync()
    #expect(try count("patient", a) == 997)
    #expect(try a.everything() == b.everything())
    #expect(try a.succeed("review", "list", "--json").isEmpty)
  }

  @Test func `the appointments of half a year are imported, synced and need no review`() throws {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    let clinic = try a.create("clinic", #"{"name":"North","timezone":"America/New_York"}"#)
    let doctor = try a.create("doctor", #"{"clinic_id":"\#(clinic)","name":"Dr. Okafor"}"#)
    try a.succeed("import", "patients", patients)
    let arguments = ["--clinic", clinic, "--doctor", doctor, "--json"]
    let imported = try a.start(["import", "appointments", appointments] + arguments).wait()
    #expect(imported.status == 0)
    #expect(try report(imported.text)["created"]?.intValue == 2234)
    let before = try a.knowledge()
    let again = try a.start(["import", "appointments", appointments] + arguments).wait()
    #expect(try report(again.text)["unchanged"]?.intValue == 2234)
    #expect(try a.knowledge() == before)
    #expect(try count("appointment", a) == 2234)
    #expect(try a.succeed("review", "list", "--json").isEmpty)
    try a.sync()
    try b.sync()
    #expect(try count("appointment", b) == 2234)
    #expect(try a.everything() == b.everything())
  }
}
