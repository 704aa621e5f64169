import JSON
import Testing

/// An account that gives its data to encrypted laptops only.
@Suite struct EncryptionDemandTests {
  private let server: ClinicServer

  init() throws { server = try ClinicServer(try ProgramFixture()) }

  @Test func `a laptop that is not encrypted gives what it has and gets nothing`() throws {
    let plain = try server.laptop("plain")
    let sealed = try server.laptop("sealed", passphrase: "correct horse")
    _ = try plain.create("account_settings", #"{"require_encryption":true}"#)
    try plain.sync()
    _ = try sealed.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try sealed.sync()
    #expect(try sealed.status()["encryption_missing"]?.boolValue == false)
    let mine = try plain.create("patient", #"{"first_name":"Bo","last_name":"Unencrypted"}"#)
    for _ in 0..<2 {
      let sync = try plain.run("sync")
      #expect(sync.status == 1 && sync.errors.contains("run satchel encrypt"))
    }
    try sealed.sync()
    #expect(try sealed.succeed("get", "patient", mine).contains("Unencrypted"))
    #expect(try !plain.succeed("list", "patient").contains("Okafor"))
    let status = try plain.status()
    #expect(
      status["encryption"]?.stringValue == "none" && status["state"]?.stringValue == "refused")
    #expect(status["encryption_missing"]?.boolValue == true)
    #expect(try plain.run("status").errors.contains("wants its laptops encrypted"))
    plain.environment = ["SATCHEL_PASSPHRASE=battery staple"]
    try plain.succeed("encrypt")
    try plain.sync()
    #expect(try plain.succeed("list", "patient").contains("Okafor"))
    #expect(try plain.status()["unsent"]?.intValue == 0)
    #expect(try plain.everything() == sealed.everything())
  }

  @Test func `work of many pages arrives too`() throws {
    let plain = try server.laptop("plain")
    let sealed = try server.laptop("sealed", passphrase: "correct horse")
    _ = try plain.create("account_settings", #"{"require_encryption":true}"#)
    try plain.sync()
    let patients = (0..<2500).map { #"{"first_name":"P\#($0)","last_name":"Many"}"# }
    try plain.succeed("create", "patient", input: patients.joined(separator: "\n"))
    #expect(try plain.run("sync").status == 1)
    try sealed.sync()
    let count = try sealed.succeed("list", "patient", "--json").split(separator: "\n").count
    #expect(count == 2500)
  }
}
