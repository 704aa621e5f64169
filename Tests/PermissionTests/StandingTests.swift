import Causality
import Clinic
import Documents
import HTTP
import JSON
import Replica
import Testing

@testable import API
@testable import Server

/// What holds for all routes besides the table's answers.
@Suite struct StandingTests {
  private let table = PermissionTable.shared
  private let clinics: TestClinics
  private var here: TestAccount { clinics.here }
  private var there: TestAccount { clinics.there }

  init() throws { clinics = try TestClinics() }

  private func object(_ answer: HTTPResponse) -> JSONObject {
    (try? JSONValue(parsing: answer.body))?.objectValue ?? JSONObject()
  }

  private func change(_ account: TestAccount, to status: String) throws {
    try clinics.data.changeAccount(account.replica.account, ["status": .string(status)])
  }

  @Test func `HEAD is answered as GET`() throws {
    for row in table.api where row.method == "GET" {
      for asker in Asker.all {
        let trial = try #require(try Trials(clinics: clinics).trial(row, asker))
        var head = trial.own
        head.method = "HEAD"
        let answer = clinics.send(head, try clinics.token(asker))
        #expect(answer.status == row.answer(to: asker), "\(row), \(asker)")
      }
    }
  }

  @Test func `a patient finds the own record and invite in lists, and nothing else`() throws {
    let token = try clinics.token(Asker(role: .patient))
    for type in ["patient", "invite"] {
      let list = object(clinics.send(Asking("GET", "/api/\(type)s"), token))
      let ids = list["items"]?.arrayValue?.map { $0.objectValue?["id"]?.stringValue }
      #expect(ids == [here.standing[type]], "\(type)")
      #expect(list["total"]?.intValue == 1)
    }
  }

  @Test func `clinicians see the account also where it has no settings`() throws {
    let settings = try #require(here.standing["account_settings"])
    let owner = try clinics.token(Asker(role: .owner))
    let path = "/api/account-settings/\(settings)"
    #expect(clinics.send(Asking("DELETE", path), owner).status == 204)
    let (asker, token) = (
      Asker(role: .clinician), try clinics.token(Asker(role: .clinician))
    )
    for row in table.api where row.method == "GET" {
      let trial = try #require(try Trials(clinics: clinics).trial(row, asker))
      #expect(clinics.send(trial.own, token).status == row.answer(to: asker), "\(row)")
    }
  }

  // MARK: - Accounts and users that lose access

  private func isOpen(_ row: PermissionTable.Row) -> Bool {
    row.answer(to: Asker(role: nil)) != 401 || row.path.hasPrefix("/api/auth/google")
      || row.path == "/metrics"
  }

  @Test func `an inactive account is read only, on every route`() throws {
    try change(here, to: "inactive")
    let asker = Asker(role: .superAdmin)
    let token = try clinics.token(asker)
    for row in table.api where !isOpen(row) && !row.path.hasPrefix("/api/auth/") {
      let trial = try #require(try Trials(clinics: clinics).trial(row, asker))
      let answer = clinics.send(trial.own, token)
      #expect(answer.status == (row.method == "GET" ? row.answer(to: asker) : 403), "\(row)")
    }
    #expect(clinics.send(Asking("POST", "/api/auth/logout"), token).status == 204)
  }

  @Test func `a suspended account is closed, on every route`() throws {
    let asker = Asker(role: .superAdmin)
    let token = try clinics.token(asker)
    let other = try clinics.token(of: try #require(there.users[.owner]))
    try change(here, to: "suspended")
    for row in table.api where !isOpen(row) {
      let trial = try #require(try Trials(clinics: clinics).trial(row, asker))
      #expect(clinics.send(trial.own, token).status == 403, "\(row)")
    }
    #expect(clinics.send(Asking("GET", "/api/auth/me"), other).status == 200)
    let login: JSONObject = [
      "email": .string(here.users[.owner]?.email ?? ""),
      "password": .string(TestAccount.password),
    ]
    #expect(clinics.send(Asking("POST", "/api/auth/login", login), nil).status == 403)
  }

  @Test func `what strangers send that is no request is not remembered, what they try is`() throws {
    func count() throws -> UInt64 {
      let files = AuditFiles(layout: clinics.data.layout, fileSystem: clinics.data.fileSystem)
      return try AuditCheck(files, digest: clinics.data.setup.world.digest).last.number
    }
    let before = try count()
    for path in [
      "/api/auth/login", "/api/auth/accept", "/api/invites/verify", "/api/invites/accept",
    ] {
      #expect(clinics.send(Asking("POST", path, ["x": 1]), nil).status >= 400)
    }
    #expect(try count() == before)
    let wrong: JSONObject = ["email": "nobody@example.org", "password": "wrong horse"]
    #expect(clinics.send(Asking("POST", "/api/auth/login", wrong), nil).status == 401)
    #expect(try count() == before + 1)
    let token: JSONObject = ["token": "nobody's", "password": "correct horse"]
    #expect(clinics.send(Asking("POST", "/api/auth/accept", token), nil).status == 404)
    #expect(try count() == before + 2)
  }

  @Test func `an account that cannot be opened closes no other's invites`() throws {
    let broken = AccountRecord(id: here.newID(), name: "Broken")
    _ = try clinics.data.update { (registry) throws(ServerError) in
      registry.accounts.insert(broken, at: 0)
    }
    let invite = try here.invite(to: try here.make("patient"))
    func status(_ token: String) -> Int {
      clinics.send(Asking("POST", "/api/invites/verify", ["token": .string(token)]), nil).status
    }
    #expect(status(invite.token) == 200)
    #expect(status("nobody's") == 503)
  }

  @Test func `who tries passwords with a login that is open waits too`() throws {
    let user = try here.user(.clinician)
    let token = try clinics.token(of: user)
    func status(_ old: String) -> Int {
      let form: JSONObject = ["old_password": .string(old), "new_password": "another horse"]
      return clinics.send(Asking("POST", "/api/auth/password", form), token).status
    }
    for _ in 0..<10 { #expect(status("wrong horse") == 401) }
    #expect(status(TestAccount.password) == 429)
  }

  @Test func `one who begins to sign in again and again ends nobody else's attempt`() throws {
    func begin(_ peer: String) -> String? {
      var request = Asking("GET", "/api/auth/google").request(token: nil)
      request.peer = peer
      let answer = try? JSONValue(parsing: clinics.send(request).body)
      return answer?.objectValue?["state"]?.stringValue
    }
    func status(_ state: String?) -> Int {
      let form: JSONObject = ["code": "x", "state": .string(state ?? "")]
      return clinics.send(Asking("POST", "/api/auth/google/callback", form), nil).status
    }
    let (mine, first) = (begin("192.0.2.1"), begin("192.0.2.2"))
    for _ in 0..<300 { _ = begin("192.0.2.2") }
    // The provider cannot be reached, which is found out only for an attempt that is known.
    #expect(status(first) == 401 && status(mine) == 502 && status(mine) == 401)
  }

  @Test func `another role counts from the next request on`() throws {
    let user = try here.user(.admin)
    let (token, owner) = (
      try clinics.token(of: user), try clinics.token(Asker(role: .owner))
    )
    func status(_ path: String) -> Int { clinics.send(Asking("GET", path), token).status }
    func become(_ change: JSONObject) -> Int {
      clinics.send(Asking("PATCH", "/api/users/\(user.user)", change), owner).status
    }
    #expect(status("/api/users") == 200)
    #expect(become(["role": "office_staff"]) == 200)
    #expect(status("/api/users") == 403 && status("/api/appointments") == 200)
    #expect(become(["role": "patient"]) == 200)
    #expect(status("/api/appointments") == 403 && status("/api/patients") == 200)
    #expect(become(["status": "suspended"]) == 200)
    #expect(status("/api/patients") == 403 && status("/api/auth/me") == 403)
  }

  // MARK: - Two accounts

  @Test func `an address of another account is refused without a word about whose it is`() throws {
    let owner = try clinics.token(Asker(role: .owner))
    let email: JSONValue = .string(there.users[.clinician]?.email ?? "")
    let path = "/api/users"
    let made = clinics.send(
      Asking("POST", path, ["email": email, "name": "Ada", "role": "clinician"]), owner)
    let id = try here.make("user")
    let changed = clinics.send(Asking("PATCH", "\(path)/\(id)", ["email": email]), owner)
    for answer in [made, changed] {
      #expect(answer.status == 409)
      #expect(!String(decoding: answer.body, as: UTF8.self).contains(there.mark))
    }
  }

  /// Whoever makes a document may choose its id.
  @Test func `documents with the ids of another account's leave those alone`() throws {
    let before = (there.replica.feedHead, there.records)
    let owner = try clinics.token(Asker(role: .superAdmin))
    for place in TypePath.all where !place.isReadOnly {
      let id = try #require(there.standing[place.type])
      let root = "/api/\(place.path)"
      var fields = here.fields(place.type)
      fields["id"] = .string(id)
      let made = clinics.send(Asking("POST", root, fields), owner)
      #expect(made.status == 201, "\(place.type)")
      let isFixed = ["chat_answer", "cancellation"].contains(place.type)
      if isFixed { continue }
      let path = "\(root)/\(id)"
      let changed = clinics.send(Asking("PATCH", path, Samples.change(place.type)), owner)
      #expect(changed.status == 200, "\(place.type)")
      #expect(clinics.send(Asking("DELETE", path), owner).status == 204, "\(place.type)")
    }
    #expect(there.replica.feedHead == before.0)
    #expect(there.records == before.1)
  }

  @Test func `a user with the id of another account's is nobody there`() throws {
    let user = try #require(there.users[.owner])
    let token = try clinics.token(of: user)
    let before = there.records
    let owner = try clinics.token(Asker(role: .superAdmin))
    var fields = here.fields("user")
    fields["id"] = .string(user.user.description)
    fields["password"] = .string(TestAccount.password)
    #expect(clinics.send(Asking("POST", "/api/users", fields), owner).status == 201)
    let twin = try #require(
      clinics.data.read { registry in
        registry.credentials.first { $0.user == user.user && $0.account != user.account }
      })
    let (path, own) = ("/api/users/\(user.user)", try clinics.token(of: twin))
    let email: JSONObject = ["email": "twin@example.org"]
    let taken: JSONObject = ["email": .string(user.email)]
    let password: JSONObject = [
      "old_password": .string(TestAccount.password), "new_password": "another horse",
    ]
    for (asking, token, status) in [
      (Asking("PATCH", path, email), owner, 200), (Asking("PATCH", path, taken), owner, 409),
      (Asking("POST", "\(path)/invite"), owner, 200),
      (Asking("POST", "/api/auth/password", password), own, 204),
      (Asking("PATCH", path, ["status": "inactive"]), owner, 200),
      (Asking("DELETE", path), owner, 204),
    ] {
      #expect(clinics.send(asking, token).status == status, "\(asking.method) \(asking.path)")
    }
    #expect(there.records == before)
    #expect(clinics.send(Asking("GET", "/api/auth/me"), token).status == 200)
  }

  @Test func `a device that is called as another one is not taken for it`() throws {
    let device = try here.device()
    var twin = try there.device()
    twin.name = device.id.description
    let named = twin
    try clinics.data.update { (registry) throws(ServerError) in
      registry.devices.removeAll { $0.id == named.id }
      registry.devices.insert(named, at: 0)
    }
    let before = there.records
    let path = "/api/devices/\(device.id)/revoke"
    let answer = clinics.send(Asking("POST", path), try clinics.token(Asker(role: .owner)))
    #expect(answer.status == 200 && object(answer)["id"]?.stringValue == device.id.description)
    #expect(there.records == before)
  }

  @Test func `an account with the id of another is not that one`() throws {
    let owner = try clinics.token(Asker(role: .superAdmin))
    let other = try clinics.token(of: try #require(there.users[.owner]))
    let id = there.replica.account.description
    let made = Asking("POST", "/api/accounts", ["id": .string(id), "name": "Twin"])
    #expect(clinics.send(made, owner).status == 201)
    let change = Asking("PATCH", "/api/accounts/\(id)", ["status": "suspended"])
    #expect(clinics.send(change, owner).status == 200)
    #expect(clinics.send(Asking("GET", "/api/auth/me"), other).status == 200)
  }
}
