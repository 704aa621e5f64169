import HTTP
import JSON
import Platform
import Testing

/// The three reports beside the same queries in SQLite.
@Suite(.enabled(if: python != nil, "needs python3"))
struct ReportComparisonTests {
  private static let password = "correct horse battery"
  private static let tables = [
    "patients", "users", "invites", "chat-sessions", "eligibility-results", "lab-orders",
    "lab-results",
  ]

  let fixture: ProgramFixture
  let server: ClinicServer
  private let agent: UserAgent

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    try server.administer(
      [
        "user", "create", "--account", server.account, "--email", "ana@example.org", "--role",
        "admin", "--name", "Ana Field", "--password-stdin",
      ], input: Self.password)
    agent = try UserAgent(server.address)
    try agent.logIn("ana@example.org", Self.password)
  }

  private func make(_ path: String, _ body: JSONObject) throws -> String {
    let answer = try agent("POST", "/api/\(path)", .object(body))
    try #require(answer.status == 201, "\(path): \(answer.object)")
    return answer.id
  }

  /// Patients of two clinicians and of none, with assessments, invites and tests in all their states.
  /// - Returns: the clinicians.
  private func fill() throws -> [String] {
    var random = SeededRandom(seed: 7)
    func pick<Value>(_ values: [Value]) -> Value { values[random.below(values.count)] }
    let doctors = try ["Uma", "Vic"].map { name in
      try make(
        "users",
        [
          "email": .string("\(name)@example.org"), "first_name": .string(name),
          "last_name": "Ek", "role": "clinician", "password": "long enough",
        ])
    }
    var count = 0
    // All different, in no order.
    func time() -> JSONValue {
      count += 1
      return .string("2026-03-\(count % 15 + 10)T\(count * 7 % 10 + 10):\(count % 50 + 10):00.000Z")
    }
    for number in 0..<48 {
      let patient = try make(
        "patients",
        [
          "first_name": .string("P\(number)"), "last_name": "Lima",
          "email": .string("p\(number)@example.org"),
          "clinician_id": number % 5 == 0 ? .null : .string(pick(doctors)),
        ])
      try addAssessment(of: patient, pick(doctors), pick([0, 1, 2]), time)
      guard number % 2 == 0 else { continue }
      let invite = try agent(
        "POST", "/api/generate_invite",
        ["patient_id": .string(patient), "provider_id": .string(pick(doctors))])
      #expect(invite.status == 201)
      if number % 6 == 0 {
        #expect(try agent("POST", "/api/invites/\(invite.id)/revoke").status == 200)
      }
    }
    return doctors
  }

  private func addAssessment(
    of patient: String, _ doctor: String, _ results: Int, _ time: () -> JSONValue
  ) throws {
    for status in ["completed", "in_progress"].prefix(results) {
      var chat: JSONObject = ["patient_id": .string(patient), "status": .string(status)]
      if status == "completed" { chat["completed_at"] = time() }
      let session = try make("chat-sessions", chat)
      let finding = try make(
        "eligibility-results",
        [
          "patient_id": .string(patient), "session_id": .string(session),
          "is_eligible": .bool(status == "completed"),
        ])
      let order = try make(
        "lab-orders",
        [
          "patient_id": .string(patient), "provider_id": .string(doctor),
          "eligibility_result_id": .string(finding), "test_type": "panel", "ordered_at": time(),
        ])
      for _ in 0..<(status == "completed" ? results : 0) {
        _ = try make("lab-results", ["order_id": .string(order)])
      }
    }
  }

  private func all(_ path: String) throws -> JSONValue {
    .array(try agent("GET", "/api/\(path)?limit=1000")["items"]?.arrayValue ?? [])
  }

  private func query(_ provider: String) throws -> JSONObject {
    var documents = JSONObject()
    for table in Self.tables { documents[table] = try all(table) }
    let given: JSONValue = [
      "documents": .object(documents), "provider": .string(provider),
      "account": .string(server.account), "now": "2026-01-01T00:00:00.000Z",
    ]
    let file = fixture.path("given.json")
    try POSIXFileSystem().writeFileDurably(file, given.bytes)
    let package = parentDirectory(of: parentDirectory(of: parentDirectory(of: #filePath)))
    let script = "\(package)/Conformance/reports/query.py"
    let process = try ChildProcess(
      try #require(python), [script], input: file, environment: [],
      directory: fixture.path("tmp"))
    let result = try process.wait()
    try #require(result.status == 0, "\(result.errors)")
    return try JSONValue(parsing: result.output).objectValue ?? JSONObject()
  }

  /// Rows as texts: booleans are numbers in SQLite.
  private func rows(_ value: JSONValue?) -> [String] {
    (value?.arrayValue ?? []).compactMap(\.objectValue).map { row in
      row.members.map { member in
        let value = member.value.boolValue.map { JSONValue.int($0 ? 1 : 0) } ?? member.value
        return "\(member.key)=\(String(decoding: value.bytes, as: UTF8.self))"
      }.joined(separator: " ")
    }
  }

  @Test func `the reports are what the same queries say in SQLite`() throws {
    for provider in try fill() {
      let expected = try query(provider)
      for (report, filter) in [
        ("risk-assessment-status", "?provider_id=\(provider)"), ("pending-invitations", ""),
        ("lab-order-status", ""),
      ] {
        let answer = try agent("GET", "/api/reports/\(report)\(filter)")
        let (mine, theirs) = (rows(answer["items"]), rows(expected[report]))
        #expect(mine.count > 5, "\(report)")
        #expect(mine.sorted() == theirs.sorted(), "\(report)")
        #expect(orders(mine) == orders(theirs), "\(report)")
      }
    }
    try server.stop()
  }

  /// What of the order is said: rows of one time, and those without a time, may stand in any.
  private func orders(_ rows: [String]) -> [String] {
    var orders: [String] = []
    for row in rows where !row.contains("chat_status=null") {
      let parts = row.split(separator: " ").map(String.init)
      let order = parts.first { $0.hasPrefix("ordered_at=") || $0.hasPrefix("created_at=") }
      if let next = order ?? parts.first, orders.last != next { orders.append(next) }
    }
    return orders
  }
}

private let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first { path in
  ((try? POSIXFileSystem().status(path)) ?? nil) != nil
}
