import Glibc
import HTTP
import JSON
import Platform
import Testing

/// One process owns a store; no command fails because another one runs.
@Suite struct OwnershipTests {
  let fixture: ProgramFixture

  init() throws { fixture = try ProgramFixture() }

  @Test func `commands through the daemon print the same bytes`() throws {
    let laptop = try TestLaptop(fixture, "a")
    let id = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    _ = try laptop.create("clinic", #"{"name":"North"}"#)
    let commands: [[String]] = [
      ["list", "patient"], ["list", "patient", "--json"], ["get", "patient", id],
      ["get", "patient", id, "--metadata"], ["status"], ["status", "--json"], ["verify"],
      ["verify", "--json"], ["list", "nothing"], ["get", "patient", "none"],
      ["list", "patient", "--limit", "x"], ["list", "--help"],
    ]
    #expect(try laptop.run("sync").status == 1)
    let direct = try commands.map { try laptop.start($0).wait() }
    try laptop.startDaemon()
    for (command, expected) in zip(commands, direct) {
      let result = try laptop.start(command).wait()
      #expect(result.output == expected.output, "\(command)")
      #expect(result.errors == expected.errors && result.status == expected.status, "\(command)")
    }
    try laptop.stopDaemon()
  }

  @Test func `a store at a path longer than a socket's works with the daemon`() throws {
    let laptop = try TestLaptop(fixture, String(repeating: "long-", count: 40))
    #expect(laptop.store.utf8.count > 150)
    try laptop.startDaemon()
    let id = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try laptop.stopDaemon()
    #expect(try laptop.succeed("list", "patient", "--json").contains(id))
  }

  @Test func `two commands at once on one store both succeed`() throws {
    let laptop = try TestLaptop(fixture, "a")
    for number in 0..<20 {
      let pair = try ["x", "y"].map { name in
        try laptop.start(
          ["create", "patient"], input: #"{"first_name":"\#(name)","last_name":"\#(number)"}"#)
      }
      for command in pair {
        let result = try command.wait()
        #expect(result.status == 0, "\(result.errors)")
      }
    }
    let listed = try laptop.succeed("list", "patient", "--json")
    #expect(listed.utf8.count { $0 == UInt8(ascii: "\n") } == 40)
  }

  @Test func `commands succeed while a daemon comes and goes`() throws {
    let laptop = try TestLaptop(fixture, "a")
    for number in 0..<10 {
      let commands = try (0..<2).map { _ in try laptop.start(["status"]) }
      try laptop.startDaemon()
      let late = try laptop.start(
        ["create", "patient"], input: #"{"first_name":"x","last_name":"\#(number)"}"#)
      try laptop.stopDaemon()
      for command in commands + [late] {
        let result = try command.wait()
        #expect(result.status == 0, "\(result.errors)")
      }
    }
    let listed = try laptop.succeed("list", "patient", "--json")
    #expect(listed.utf8.count { $0 == UInt8(ascii: "\n") } == 10)
  }

  @Test func `a sync that waits for its server holds nobody up`() throws {
    let server = try ClinicServer(fixture)
    let laptop = try server.laptop("a")
    let silent = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let sync = try laptop.start(["sync", "--server", "http://127.0.0.1:\(silent.port)"])
    var ready = pollfd(fd: silent.descriptor, events: Int16(POLLIN), revents: 0)
    #expect(poll(&ready, 1, 20_000) == 1, "the sync has connected")
    let id = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    sync.signal(SIGKILL)
    _ = try sync.wait()
    #expect(try laptop.succeed("list", "patient", "--json").contains(id))
  }

  @Test func `a daemon whose server is silent ends soon`() throws {
    let laptop = try ClinicServer(fixture).laptop("a")
    let silent = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    try replace(
      try laptop.status()["server"]?.stringValue ?? "", by: "http://127.0.0.1:\(silent.port)",
      in: "\(laptop.store)/store.json")
    try laptop.startDaemon()
    var ready = pollfd(fd: silent.descriptor, events: Int16(POLLIN), revents: 0)
    #expect(poll(&ready, 1, 20_000) == 1, "the sync has connected")
    let deadline = Deadline(20)
    try laptop.stopDaemon()
    #expect(!deadline.isOver)
  }

  @Test func `the server is administered while it runs and while it does not`() throws {
    let server = try ClinicServer(fixture)
    let laptop = try server.laptop("a")
    let commands = [["account", "list"], ["user", "list"], ["device", "list"], ["status"]]
    let running = try commands.map { try server.administer($0 + ["--json"]) }
    #expect(try server.administer(["verify"]).contains(#""ok":true"#))
    try server.stop()
    #expect(try commands.map { try server.administer($0 + ["--json"]) } == running)
    #expect(try server.administer(["verify"]).contains(#""ok":true"#))
    try server.administer(["device", "revoke", "a"])
    try server.start()
    #expect(try laptop.run("sync").status == 1)
    #expect(try server.administer(["device", "list"]).contains("revoked"))
  }

  @Test func `a user whose creation was cut off can be created again`() throws {
    let server = try ClinicServer(fixture)
    try server.stop()
    let registry = "\(server.data)/server/registry.json"
    let before = try readWhole(registry)
    let create = [
      "user", "create", "--account", server.account, "--email", "a@b.c", "--role", "admin",
      "--name", "A",
    ]
    let id = try server.administer(create)
    try POSIXFileSystem().writeFileDurably(registry, before)
    #expect(try server.administer(create) == id)
    #expect(!(try server.code(for: "a@b.c").isEmpty))
  }

  @Test func `administrators do not get into each other's way`() throws {
    let data = fixture.path("data")
    let commands = try (0..<6).map { number in
      try fixture.start("satchel-server", ["--data", data, "account", "create", "C\(number)"])
    }
    let server = try fixture.start(
      "satchel-server", ["--data", data, "serve", "--listen", "127.0.0.1:0"])
    for command in commands {
      let result = try command.wait()
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(try server.firstErrorLine().contains("listening"))
    let accounts = try fixture.succeed("satchel-server", ["--data", data, "account", "list"])
    #expect(accounts.text.utf8.count { $0 == UInt8(ascii: "\n") } == 7)
    server.signal(SIGTERM)
    #expect(try server.wait().status == 0)
  }
}
