import Glibc
import HTTP
import JSON
import Platform
import Testing

/// What people get wrong: one clear line, the right exit status, and nothing has changed.
@Suite struct MistakeTests {
  let fixture: ProgramFixture

  init() throws { fixture = try ProgramFixture() }

  private static let types =
    "patient, invite, appointment, cancellation, clinic, doctor, user, account, "
    + "account_settings, intake_form, ai_intake_summary, recurring_availability, "
    + "availability_override, chat_session, chat_question, chat_answer, eligibility_result, "
    + "lab_order, lab_result, review_decision, erasure_request, refused_change"
  private static let listUsage =
    "satchel list TYPE [--where FIELD=VALUE]… [--search TEXT] [--sort FIELD] [--limit N] [--trash]"
  private static let nobody = "00000000-0000-4000-8000-000000000000"

  @Test func `wrong usage is told with exit status 2`() throws {
    let laptop = try TestLaptop(fixture, "a")
    try laptop.expect([
      Mistake("frobnicate", #"unknown command "frobnicate"; satchel --help lists them"#, status: 2),
      Mistake("", "no command; satchel --help lists them", status: 2),
      Mistake(
        "import",
        "import is not complete; there are import patients, import appointments, import legacy-invites",
        status: 2),
      Mistake(
        "list patient --frob", "unknown option --frob; satchel list --help lists them", status: 2),
      Mistake("list patient --limit", "--limit N: the value is missing", status: 2),
      Mistake("list patient --limit x", #"--limit: "x" is no number"#, status: 2),
      Mistake("list patient --limit 1 --limit 2", "--limit is given twice", status: 2),
      Mistake("list patient --where x", #"--where: "x" is not FIELD=VALUE"#, status: 2),
      Mistake("list patient --trash=1", "--trash takes no value", status: 2),
      Mistake("list", "TYPE is missing; usage: \(Self.listUsage)", status: 2),
      Mistake("list patient x", #""x" is too much; usage: \#(Self.listUsage)"#, status: 2),
      Mistake(
        "delete patient x --reason boredom",
        #"--reason: "boredom" is none of mistake, duplicate, retention, erasure"#, status: 2),
      Mistake("enroll --server http://127.0.0.1:1", "--code is missing", status: 2),
      Mistake("init --account x", #"--account: "x" is no id"#, status: 2),
      Mistake(
        "status --config \(fixture.path("none.json"))",
        "open <dir>/none.json: No such file or directory", status: 2),
    ])
  }

  @Test func `input that cannot be stored is told with its place`() throws {
    let laptop = try TestLaptop(fixture, "a")
    let good = #"{"first_name":"Ada","last_name":"Okafor"}"#
    let long = String(repeating: "x", count: 101)
    let create = "create patient"
    try laptop.expect([
      Mistake(
        create, input: "{\n\"first_name\":\"Ada\",\n}\n",
        "the input is no JSON: line 3, column 1: a key is expected here"),
      Mistake(create, input: "[1]", "line 1 is no JSON object"),
      Mistake(create, input: "", "the input holds no JSON object"),
      Mistake(
        create, input: "\(good)\n\(good)\nnonsense\n",
        "line 3, column 1: a value is expected here"),
      Mistake(
        create, input: "\(good)\n\(good)\n{\"first_name\":\"Ada\"}\n",
        "line 3: patient: last_name: is required (stored: 0 documents)"),
      Mistake(create, input: #"{"first_name":"Ada"}"#, "patient: last_name: is required"),
      Mistake(
        create, input: #"{"first_name":"A","last_name":"B","status":"asleep"}"#,
        "patient: status: is not one of pending, active, inactive, archived"),
      Mistake(
        create, input: #"{"first_name":"\#(long)","last_name":"B"}"#,
        "patient: first_name: longer than 100 characters"),
      Mistake(
        create, input: #"{"first_name":"A","last_name":"B","date_of_birth":"2001-02-30"}"#,
        "patient: date_of_birth: is not a day of the calendar"),
      Mistake(
        create, input: #"{"first_name":"A","last_name":"B","clinic_id":"\#(Self.nobody)"}"#,
        "patient: clinic_id: there is no clinic <id>"),
      Mistake(
        create, input: #"{"id":"7","first_name":"A","last_name":"B"}"#, "patient: id: is no UUID"),
      Mistake(
        "create starship", input: good,
        #"type: "starship" is not a type of document; there are \#(Self.types)"#),
      Mistake(
        "list starship", #"type: "starship" is not a type of document; there are \#(Self.types)"#),
      Mistake(
        "create user", input: #"{"email":"a@b.c","name":"A","role":"admin"}"#,
        "users are changed on the server only"),
      Mistake(
        "\(create) \(fixture.path("none"))", "open <dir>/none: No such file or directory"),
    ])
  }

  @Test func `a document that is not as meant is told`() throws {
    let laptop = try TestLaptop(fixture, "a")
    let ids = ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"]
    for id in ids {
      _ = try laptop.create("patient", #"{"id":"\#(id)","first_name":"A","last_name":"B"}"#)
    }
    let gone = try laptop.create(
      "patient", #"{"first_name":"G","last_name":"B","email":"g@example.org"}"#)
    try laptop.succeed("delete", "patient", gone)
    let clinic = try laptop.create("clinic", #"{"name":"North"}"#)
    _ = try laptop.create("doctor", #"{"name":"Dr. Brandt","clinic_id":"\#(clinic)"}"#)
    let trash = "patient <id> is in the trash; satchel restore brings it back"
    try laptop.expect([
      Mistake("get patient \(Self.nobody)", "no patient <id>"),
      Mistake("get patient aa", "no patient aa"),
      Mistake("get patient aaaa", "aaaa is ambiguous: <id>, <id>", status: 2),
      Mistake("update patient aaaa", input: "{}", "aaaa is ambiguous: <id>, <id>", status: 2),
      Mistake("get patient \(gone)", trash),
      Mistake("update patient \(gone)", input: #"{"phone":"1"}"#, trash),
      Mistake("delete patient \(gone)", trash),
      Mistake("restore patient \(ids[0])", "patient <id> is not in the trash"),
      Mistake("delete clinic \(clinic)", "clinic <id> cannot be deleted: doctor <id> refers to it"),
      Mistake(
        "delete patient \(ids[0]) --reason erasure",
        "erasure is done by a server, and this store is not enrolled at one"),
      Mistake(
        "create patient", input: #"{"id":"\#(ids[0])","first_name":"Other","last_name":"B"}"#,
        "patient <id> is there already; satchel update changes it"),
      Mistake(
        "update patient \(ids[0])", input: #"{"account_id":"\#(Self.nobody)"}"#,
        "patient: account_id: belongs to another account"),
      Mistake(
        "update patient \(ids[0])", input: #"{"first_name":null}"#,
        "patient: first_name: is required"),
      Mistake("update patient \(ids[0])", input: "[]", "the input is no JSON object"),
      Mistake("sync", "this store is not enrolled at a server; satchel enroll does that"),
    ])
  }

  @Test func `a store that cannot be used is told`() throws {
    let laptop = try TestLaptop(fixture, "a")
    _ = try laptop.create("patient", #"{"first_name":"A","last_name":"B"}"#)
    func expect(_ name: String, _ command: String, _ line: String) throws {
      try fixture.expect(
        [Mistake(command, line)], of: "satchel", ["--store", fixture.path(name)])
    }
    try expect("none", "list patient", "<dir>/none: holds no store; satchel init makes one")
    try expect("a", "init", "<dir>/a: holds a store already")
    try fixture.expect(
      [Mistake("init", "mkdir /proc/none: No such file or directory")], of: "satchel",
      ["--store", "/proc/none"])

    try fixture.copy(laptop.store, to: fixture.path("newer"))
    try replace(#""format": 2"#, by: #""format": 3"#, in: fixture.path("newer/store.json"))
    try expect(
      "newer", "list patient",
      "<dir>/newer/store.json: format 3 was written by a newer program, this one reads up to 2: "
        + "nothing was touched")
    try fixture.copy(laptop.store, to: fixture.path("corrupt"))
    try write("{\"format\": 1", to: fixture.path("corrupt/store.json"))
    try expect(
      "corrupt", "list patient",
      "<dir>/corrupt/store.json: line 1, column 13: \",\" or \"}\" is expected here")
  }

  @Test func `a damaged log is told, what is whole is shown, and a repair keeps all of it`() throws
  {
    let laptop = try TestLaptop(fixture, "a")
    for name in ["A", "B", "C"] {
      _ = try laptop.create("patient", #"{"first_name":"\#(name)","last_name":"X"}"#)
    }
    let path = fixture.path("a/wal/00000001.wal")
    var bytes = try readWhole(path)
    bytes[200] ^= 0xff
    try POSIXFileSystem().writeFileDurably(path, bytes)
    let list = try laptop.run("list", "patient", "--json")
    #expect(list.status == 0 && list.text.contains(#""first_name":"B""#), "\(list.text)")
    #expect(list.text.contains(#""first_name":"C""#) && !list.text.contains(#""first_name":"A""#))
    #expect(list.errors.hasPrefix("satchel: the store is damaged and open for reading only ("))
    #expect(list.errors.contains("\(path) at byte "), "\(list.errors)")
    #expect(list.errors.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
    let write = try laptop.run("checkpoint")
    #expect(write.status == 1 && write.errors.hasPrefix("satchel: \(path) at byte "))
    #expect(write.errors.hasSuffix("reading only: satchel verify --repair heals it\n"))
    #expect(try laptop.run("status", "--json").text.contains(#""state":"damaged""#))
    let report = try laptop.run("verify", "--json")
    #expect(report.status == 1 && report.text.contains(#""ok":false"#))
    #expect(try readWhole(path) == bytes, "nothing was written")

    let repair = try laptop.run("verify", "--repair", "--json")
    #expect(repair.status == 0 && repair.text.contains(#""ok":true"#), "\(repair.text)")
    #expect(repair.text.contains(#""new_replica":true"#))
    let kept = fixture.path("a/quarantine/wal+00000001.wal.1")
    #expect(try readWhole(kept) == bytes)
    let healed = try laptop.run("list", "patient", "--json")
    #expect(healed.text == list.text && healed.errors.isEmpty)
    _ = try laptop.create("patient", #"{"first_name":"D","last_name":"X"}"#)
    #expect(try laptop.run("verify").status == 0)
  }

  @Test func `a store whose owner does not answer is told after a while`() throws {
    let laptop = try TestLaptop(fixture, "a")
    let lock = try POSIXFileSystem().open("\(laptop.store)/LOCK", .openOrCreate)
    #expect(try lock.tryLock())
    let line = "is in use by another program; try again"
    let daemon = try fixture.start("satchel-syncd", ["--store", laptop.store])
    try fixture.expect(
      [Mistake("status", "<dir>/a: \(line)")], of: "satchel", ["--store", laptop.store])
    let result = try daemon.wait()
    #expect(fixture.normalised(result.errors) == "satchel-syncd: <dir>/a: \(line)\n")
    lock.close()
    try laptop.succeed("status")
  }

  @Test func `what a server refuses is told`() throws {
    let server = try ClinicServer(fixture)
    let laptop = try server.laptop("a")
    _ = try laptop.create("patient", #"{"first_name":"A","last_name":"B"}"#)
    let page = HTTPServer(handler: WebPage())
    let web = "http://\(try page.listen(on: .tcp(host: "127.0.0.1", port: 0)))"
    try page.start()
    defer { page.stop(withinSeconds: 1) }
    let other = try ClinicServer(fixture, name: "other")
    let twin = try ClinicServer(fixture, name: "twin", id: server.account)
    let clone = try ClinicServer(fixture, name: "clone", id: server.account)
    try clone.stop()
    for name in ["registry.json", "device.key"] {
      let bytes = try readWhole("\(server.data)/server/\(name)")
      try POSIXFileSystem().writeFileDurably("\(clone.data)/server/\(name)", bytes)
    }
    try clone.start()
    let code = try server.code()
    _ = try server.laptop("b")
    let used = try server.code()
    let c = try TestLaptop(fixture, "c")
    try c.succeed("enroll", "--server", server.url, "--code", used)
    let wrong =
      "the server refuses the enrolment: the code is wrong, used or expired; ask an administrator "
      + "for a new one"
    let unknown = "the server does not know this device; enrol it again with a new code"
    let notSatchel = "what answers at this address is no Satchel server"
    let refused = "cannot connect; is the server running?"
    let enroll = "enroll --server \(server.url) --code"
    try laptop.expect([
      Mistake("sync --server http://127.0.0.1:1", "http://127.0.0.1:1: \(refused)"),
      Mistake(
        "enroll --server http://127.0.0.1:1 --code x", "http://127.0.0.1:1: \(refused)"),
      Mistake(
        "sync --server nonsense",
        "nonsense is no address of a server, such as https://example.org"),
      Mistake("sync --server \(web)", notSatchel),
      Mistake(
        "enroll --server \(web) --code x",
        "http://<address>: what answers there is no Satchel server (HTTP status 200)"),
      Mistake("sync --server \(other.url)", unknown),
      Mistake("sync --server \(twin.url)", unknown),
      Mistake(
        "sync --server \(clone.url)",
        "another server (<id>) answers at this address; this device is enrolled at <id>"),
      Mistake("\(enroll) ABCDE-FGHJK", wrong),
      Mistake("\(enroll) \(used)", wrong),
      Mistake(
        "enroll --server \(other.url) --code \(try other.code())",
        "the server refuses the enrolment: the code is for account <id>, this store belongs to "
          + "account <id>"),
      Mistake(
        "enroll --server \(server.url) --code \(code) --ca \(fixture.path("none.pem"))",
        "<dir>/none.pem: cannot read the certificates"),
    ])
    try expectCredentialMistakes(server, laptop, unknown)
  }

  private func expectCredentialMistakes(
    _ server: ClinicServer, _ laptop: TestLaptop, _ unknown: String
  ) throws {
    let foreign = TestLaptop(fixture, at: fixture.path("foreign"))
    try fixture.copyUnnoticed(laptop.store, to: foreign.store)
    try replace(
      #""refresh_token": ""#, by: #""refresh_token": "0"#, in: "\(foreign.store)/store.json")
    try foreign.expect([Mistake("sync", unknown)])
    try server.administer(["device", "revoke", "a"])
    try laptop.expect([
      Mistake("sync", "this device was revoked; ask an administrator, unsent work stays here")
    ])
    try server.administer(["user", "disable", ClinicServer.owner])
    try TestLaptop(fixture, at: fixture.path("b")).expect([
      Mistake(
        "sync",
        "this device's user is disabled; ask an administrator, unsent work stays here")
    ])
  }

  private struct WebPage: HTTPHandler {
    func admit(_ head: HTTPRequest) -> HTTPAdmission { .accept(maximumBodyByteCount: 1 << 20) }
    func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
      reply.send(
        HTTPResponse(
          status: 200, headers: ["Content-Type": "text/html"], body: Array("<html/>".utf8)))
    }
  }

  @Test(arguments: [true, false])
  func `what an administrator gets wrong is told`(isRunning: Bool) throws {
    let server = try ClinicServer(fixture)
    if !isRunning { try server.stop() }
    let before = try readWhole("\(server.data)/server/registry.json")
    let user = "user create --account \(server.account) --name N --role owner"
    let mistakes = [
      Mistake(
        "account",
        "account is not complete; there are account create, account list, account update, "
          + "account suspend, account resume", status: 2),
      Mistake("account suspend x", #""x" is no account's id"#),
      Mistake("account create A --id \(server.account)", "account <id> is there already"),
      Mistake("account create A --id x", #"--id: "x" is no id"#, status: 2),
      Mistake(
        "user create --email a@b.c --role owner --name N", "--account is missing", status: 2),
      Mistake("user create --account x --email a@b.c", #"--account: "x" is no id"#, status: 2),
      Mistake(
        "user create --account \(Self.nobody) --email a@b.c --role owner --name N",
        "no account <id>"),
      Mistake(
        "\(user) --email OWNER@example.org",
        "email: user <id> has this email already"),
      Mistake("\(user) --email nonsense", "user: email: is not an e-mail address"),
      Mistake(
        "user create --account \(server.account) --name N --email a@b.c --role king",
        "user: role: is not one of super_admin, account_admin, owner, admin, clinician, "
          + "office_staff, patient"),
      Mistake(
        "\(user) --email a@b.c --password-stdin", input: "short\n",
        "user: password: has fewer than 8 characters"),
      Mistake("user list --account \(Self.nobody)", "no account <id>"),
      Mistake("user disable nobody@b.c", "no user nobody@b.c"),
      Mistake(
        "code create --account \(server.account) --user nobody@b.c",
        "no user nobody@b.c in account <id>"),
      Mistake(
        "code create --account \(server.account) --user \(ClinicServer.owner) --minutes 0",
        "--minutes: a whole number from 1 to 1440 is needed", status: 2),
      Mistake("device revoke nobody", "no device nobody"),
    ]
    try fixture.expect(mistakes, of: "satchel-server", ["--data", server.data])
    #expect(try readWhole("\(server.data)/server/registry.json") == before)
    #expect(try server.administer(["user", "list", "--json"]).contains(ClinicServer.owner))
  }

  @Test func `an address that a server must not use is told`() throws {
    let outside =
      "0.0.0.0:0 can be reached from outside, and this server does no TLS itself: put a proxy in "
      + "front and say so with --behind-proxy"
    try fixture.expect(
      [
        Mistake(
          "serve --listen nonsense", #"--listen: "nonsense" is no address such as <address>"#,
          status: 2),
        Mistake("serve --listen 0.0.0.0:0", outside),
        Mistake(
          "serve --listen 127.0.0.1:1 extra",
          #""extra" is too much; usage: satchel-server serve [OPTION]…"#,
          status: 2),
      ], of: "satchel-server", ["--data", fixture.path("data")])
    try fixture.expect(
      [Mistake("status", "--data DIR is missing (or SATCHEL_DATA)", status: 2)],
      of: "satchel-server", [])
  }
}
