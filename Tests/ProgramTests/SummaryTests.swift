import HTTP
import JSON
import Platform
import Synchronization
import Testing

/// Summaries of intake forms by a language model: a stand-in on loopback.
@Suite struct SummaryTests {
  private static let password = "correct horse battery"
  let fixture: ProgramFixture
  let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    try server.administer(
      [
        "user", "create", "--account", server.account, "--email", "ana@example.org", "--role",
        "clinician", "--name", "Ana Field", "--password-stdin",
      ], input: Self.password)
  }

  private func restart(_ arguments: [String]) throws -> UserAgent {
    try server.stop()
    try server.start(arguments)
    let agent = try UserAgent(server.address)
    try agent.logIn("ana@example.org", Self.password)
    return agent
  }

  /// A submitted form of a booked patient.
  private func form(_ status: String = "submitted") throws -> (form: String, visit: String) {
    let laptop = try server.laptop("laptop")
    let clinic = try laptop.create("clinic", #"{"name":"Riverside","timezone":"UTC"}"#)
    let doctor = try laptop.create("doctor", #"{"name":"Dr. Ek","clinic_id":"\#(clinic)"}"#)
    let patient = try laptop.create(
      "patient", #"{"first_name":"Secret","last_name":"Lima","email":"s@example.org"}"#)
    let visit = try laptop.create(
      "appointment",
      """
      {"patient_id":"\(patient)","doctor_id":"\(doctor)","date":"2027-03-01",\
      "start_time":"09:00"}
      """)
    let form = try laptop.create(
      "intake_form",
      """
      {"clinic_id":"\(clinic)","patient_id":"\(patient)","appointment_id":"\(visit)",\
      "status":"\(status)","raw_answers":{"reason":"cough for four days"}}
      """)
    try laptop.sync()
    return (form, visit)
  }

  private func summary(_ agent: UserAgent, _ id: String, is status: String) throws
    -> UserAgent.Answer
  {
    try eventually(
      { try agent("GET", "/api/ai-intake-summaries/\(id)") },
      is: { $0["status"]?.stringValue == status })
  }

  private static let content =
    #"Here it is: {"summary_text":"A cough.","patient_concerns":["cough"],"medications":[],"#
    + #""allergies":["penicillin"],"key_notes":null}"#

  @Test func `a summary is made on request, failed ones again, and good ones stay`() throws {
    let isBroken = Switch(true)
    let model = try StandIn { _ in
      if isBroken.isOn { return StandIn.Reply(status: 500, body: [:]) }
      return StandIn.Reply(
        body: ["choices": [["message": ["content": .string(Self.content)]]]])
    }
    let agent = try restart([
      "--ai-endpoint", "\(model.url)/v1", "--ai-key", "opensesame", "--ai-model", "tiny",
    ])
    let (form, visit) = try form()
    #expect(
      try agent("GET", "/api/appointments/\(visit)")["intake_status"]?.stringValue == "completed")
    let path = "/api/intake/\(form)/summary"
    let ordered = try agent("POST", path)
    #expect(ordered.status == 202)
    let failed = try summary(agent, ordered.id, is: "failed")
    #expect(failed["summary_text"]?.stringValue?.contains("status 500") == true)
    isBroken.set(false)
    #expect(try agent("POST", path).id == ordered.id)
    let made = try summary(agent, ordered.id, is: "generated")
    #expect(made["summary_text"]?.stringValue == "A cough.")
    #expect(made["allergies"]?.arrayValue?.compactMap(\.stringValue) == ["penicillin"])
    #expect(made["model_version"]?.stringValue == "tiny" && made["generated_at"] != nil)
    #expect(try agent("POST", path).status == 409)
    // What the model gets: the answers, and nothing that says whose they are.
    let request = try #require(model.requests.last)
    #expect(request.path == "/v1/chat/completions")
    #expect(request.headers["Authorization"] == "Bearer opensesame")
    let body = String(decoding: request.body, as: UTF8.self)
    #expect(body.contains("cough for four days") && !body.contains("Lima"))
    try server.stop()
  }

  @Test func `what cannot be read, or nobody answers, is a failure that says so`() throws {
    let model = try StandIn { _ in
      StandIn.Reply(body: ["choices": [["message": ["content": "no object"]]]])
    }
    let agent = try restart(["--ai-endpoint", "\(model.url)/v1"])
    let (form, _) = try form()
    let ordered = try agent("POST", "/api/intake/\(form)/summary")
    let failed = try summary(agent, ordered.id, is: "failed")
    #expect(failed["summary_text"]?.stringValue?.contains("cannot be read") == true)
    let other = try restart(["--ai-endpoint", "http://127.0.0.1:9/v1"])
    #expect(try other("POST", "/api/intake/\(form)/summary").status == 202)
    let again = try eventually(
      { try other("GET", "/api/ai-intake-summaries/\(ordered.id)") },
      is: { $0["summary_text"]?.stringValue?.contains("cannot be reached") == true })
    #expect(again["status"]?.stringValue == "failed")
    try server.stop()
  }

  @Test func `without an endpoint there are no summaries, nor of a form that waits`() throws {
    let agent = try restart([])
    let (form, visit) = try form("pending")
    #expect(
      try agent("GET", "/api/appointments/\(visit)")["intake_status"]?.stringValue == "sent")
    #expect(try agent("POST", "/api/intake/\(form)/summary").status == 404)
    let other = try restart(["--ai-endpoint", "http://127.0.0.1:9/v1"])
    #expect(try other("POST", "/api/intake/\(form)/summary").status == 409)
    try server.stop()
  }
}

/// Something that a test turns on and off.
private final class Switch: Sendable {
  private let value: Mutex<Bool>

  init(_ isOn: Bool) { value = Mutex(isOn) }

  var isOn: Bool { value.withLock { $0 } }

  func set(_ isOn: Bool) { value.withLock { $0 = isOn } }
}
