import API
import Clinic
import HTTP
import JSON
import Platform
import Replica
import SyncProtocol
import Testing

/// Each route of a server for each role, and for documents of another account.
@Suite struct PermissionTests {
  private let table = PermissionTable.shared
  private let clinics: TestClinics

  init() throws { clinics = try TestClinics() }

  private func token(_ row: PermissionTable.Row, _ asker: Asker) throws -> String? {
    guard let role = asker.role, Trials.endsLogins(row) else { return try clinics.token(asker) }
    return try clinics.token(of: try clinics.here.user(role))
  }

  // MARK: - Rows and routes

  /// The operations that the server describes, with the roles that it names; nil for anyone.
  private func described() throws -> [(operation: String, roles: [String]?)] {
    let answer = clinics.send(Asking("GET", "/openapi.json"), nil)
    let paths = try JSONValue(parsing: answer.body).objectValue?["paths"]?.objectValue
    return (paths?.members ?? []).flatMap { path in
      (path.value.objectValue?.members ?? []).map { method in
        let roles = method.value.objectValue?["x-roles"]?.arrayValue
        return ("\(method.key.uppercased()) \(path.key)", roles?.compactMap(\.stringValue).sorted())
      }
    }
  }

  @Test func `every route has a row, and every row a route`() throws {
    #expect(table.unread == [])
    let operations = try described().map(\.operation)
    #expect(operations.count > 130)
    let rows = Set(table.api.map(\.operation))
    #expect(operations.filter { !rows.contains($0) } == [], "routes without a row")
    let missing = rows.filter { !operations.contains($0) }.sorted()
    #expect(missing == [], "rows without a route")
    let names = table.api.map { "\($0.operation) \($0.variant)" }
    #expect(Set(names).count == names.count, "a row stands twice")
  }

  @Test func `the description names the roles that the table lets in`() throws {
    for (operation, roles) in try described() {
      let rows = table.api.filter { $0.operation == operation }
      let admitted = Asker.all.filter { asker in
        rows.contains { (200..<300).contains($0.answer(to: asker)) }
      }
      guard admitted.contains(where: { $0.role == nil }) || roles == nil else {
        #expect(roles == admitted.compactMap { $0.role?.rawValue }.sorted(), "\(operation)")
        continue
      }
      #expect(roles == nil, "\(operation)")
    }
  }

  // MARK: - Answers

  @Test func `each role is answered as the table says`() throws {
    for row in table.api {
      for asker in Asker.all {
        let trial = try #require(try Trials(clinics: clinics).trial(row, asker), "\(row)")
        try expectAnswers(trial, row, asker)
      }
    }
  }

  private func expectAnswers(
    _ trial: Trial, _ row: PermissionTable.Row, _ asker: Asker
  ) throws {
    let (expected, token) = (row.answer(to: asker), try token(row, asker))
    let (head, records) = (clinics.there.replica.feedHead, clinics.there.records)
    if row.variant.isEmpty || row.other != .none || row.named != .none {
      #expect((row.other != .none) == (trial.other != nil), "\(row): other")
      #expect((row.named != .none) == !trial.named.isEmpty, "\(row): named")
      if let other = trial.other { expectRefusal(row.other, other, row, asker, token) }
      for named in trial.named { expectRefusal(row.named, named, row, asker, token) }
    }
    let isOpen = row.variant != "where sign-up is off"
    let answer = clinics.send(trial.own.request(token: token), signUp: isOpen)
    #expect(answer.status == expected, "\(row), \(asker): \(text(answer))")
    // Whoever runs the server may know that there is another account.
    let isOperators = row.path == "/metrics" && expected == 200
    #expect(
      isOperators || !shows(answer, clinics.there.mark),
      "\(row), \(asker) shows another account's documents")
    #expect(clinics.there.replica.feedHead == head, "\(row), \(asker) writes to another account")
    #expect(clinics.there.records == records, "\(row), \(asker) changes another account")
  }

  /// Sends a request about another account's document, and about one that nobody has.
  private func expectRefusal(
    _ refusal: Refusal, _ exchange: Trial.Exchange, _ row: PermissionTable.Row, _ asker: Asker,
    _ token: String?
  ) {
    let id = clinics.there.standing[exchange.kind] ?? "none"
    // As long, and as much a name of that kind.
    let unknown = id.replacing(clinics.there.mark, with: "c0c0c0c0")
    let asking = exchange.ask(id)
    let answer = clinics.send(asking, token)
    let own = row.answer(to: asker)
    let what = "\(row), \(asker), \(exchange.kind) of another account"
    if [401, 403].contains(own) {
      #expect(answer.status == own, "\(what): \(text(answer))")
    } else if case .status(let status) = refusal {
      #expect(answer.status == status, "\(what): \(text(answer))")
    } else {
      #expect(answer.status == 200, "\(what): \(text(answer))")
    }
    let known = text(answer).replacing(id, with: unknown)
    let other = clinics.send(exchange.ask(unknown), token)
    #expect(other.status == answer.status && known == text(other), "\(what) is told from nobody's")
    #expect(!known.contains(clinics.there.mark), "\(what): \(known)")
  }

  private func text(_ answer: HTTPResponse) -> String {
    String(decoding: answer.body, as: UTF8.self)
  }

  private func shows(_ answer: HTTPResponse, _ mark: String) -> Bool {
    answer.body.withUnsafeBytes {
      $0.firstOffset(of: Array(mark.utf8), in: 0..<$0.count) != nil
    }
  }
}
