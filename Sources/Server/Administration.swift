import Causality
package import CommandLineTool
import JSON
import Platform
import Replica
import Storage
import SyncProtocol

/// Carries out the commands of `satchel-server` other than `serve`, on an open data directory.
package struct Administration: Sendable {
  private let data: ServerData

  package init(data: ServerData) { self.data = data }

  /// - Parameter input: what the command reads from standard input.
  package func run(_ invocation: Invocation, input: [UInt8]?) -> CommandOutcome {
    let outcome: CommandOutcome
    do throws(ServerError) {
      if let obstacle = data.audit.obstacle() { throw .refused("the audit: \(obstacle)") }
      outcome = try self.outcome(invocation, input)
    } catch {
      outcome = .failure("\(error)", status: error.status)
    }
    remember(invocation, outcome)
    return outcome
  }

  /// Of what was typed only ids are remembered: the rest may name people.
  private func remember(_ invocation: Invocation, _ outcome: CommandOutcome) {
    var details: JSONObject = [
      "command": .string(invocation.command.name), "status": .int(Int(outcome.status)),
    ]
    let words =
      invocation.operands
      + [invocation.value("--account"), invocation.value("--id")]
      .compactMap(\.self)
    let ids = words.compactMap { UniqueID($0) }
    if !ids.isEmpty { details.append("ids", .array(ids.map(JSONValue.id))) }
    data.audit.noteDurably(AuditEntry(.command, details: details))
  }

  private func outcome(
    _ invocation: Invocation, _ input: [UInt8]?
  ) throws(ServerError) -> CommandOutcome {
    switch invocation.command.name {
    case "account create": try createAccount(invocation)
    case "account list": listAccounts(invocation)
    case "account update": try updateAccount(invocation)
    case "account suspend": try changeAccount(invocation.operands[0], ["status": "suspended"])
    case "account resume": try changeAccount(invocation.operands[0], ["status": "active"])
    case "user create": try createUser(invocation, input)
    case "user list": try listUsers(invocation)
    case "user disable": try disableUser(invocation)
    case "code create": try createCode(invocation)
    case "device list": try listDevices(invocation)
    case "device revoke": try revokeDevice(invocation)
    case "device retire": try retireDevice(invocation)
    case "recovery open": try setRecovery(isOpen: true, invocation)
    case "recovery close": try setRecovery(isOpen: false, invocation)
    case "recovery status": try recoveryStatus(invocation)
    case "backup": try backup(invocation)
    case "restore-backup": try restoreBackup(invocation)
    case "status": try status(invocation)
    case "audit": try audit(invocation)
    case "metrics-token": try metricsToken()
    case "login-key rotate": try rotateLoginKey()
    case "verify": try verify(invocation)
    case "checkpoint": try checkpoint()
    default: .failure("\(invocation.command.name) cannot be run here", status: 2)
    }
  }

  // MARK: - Accounts and users

  private func createAccount(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let id = try optionalID("--id", invocation)
    let account = try data.createAccount(name: invocation.operands[0], id: id)
    return CommandOutcome(printing: "\(account)\n")
  }

  private func listAccounts(_ invocation: Invocation) -> CommandOutcome {
    let accounts = data.read(\.accounts)
    return rows(
      invocation,
      accounts.map {
        ["id": .id($0.id), "name": .string($0.name), "suspended": .bool($0.isSuspended)]
      })
  }

  private func updateAccount(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    var patch = JSONObject()
    let options = ["--name": "name", "--status": "status", "--tier": "subscription_tier"]
    for (option, field) in options.sorted(by: { $0.key < $1.key }) {
      patch[field] = invocation.value(option).map(JSONValue.string)
    }
    if let text = invocation.value("--max-users") {
      guard let count = Int(text) else { throw .usage("--max-users: \"\(text)\" is no number") }
      patch["max_users"] = .int(count)
    }
    return try changeAccount(invocation.operands[0], patch)
  }

  private func changeAccount(
    _ text: String, _ patch: JSONObject
  ) throws(ServerError) -> CommandOutcome {
    guard let id = UniqueID(text) else { throw .refused("\"\(text)\" is no account's id") }
    try data.changeAccount(id, patch)
    return CommandOutcome()
  }

  private func createUser(
    _ invocation: Invocation, _ input: [UInt8]?
  ) throws(ServerError) -> CommandOutcome {
    let account = try account(invocation)
    let email = try required("--email", invocation)
    let role = try required("--role", invocation)
    let name = try required("--name", invocation)
    let password = try invocation.has("--password-stdin") ? password(input) : nil
    let fields: JSONObject = [
      "email": .string(email), "role": .string(role), "name": .string(name),
    ]
    let user = try data.createUser(NewUser(account: account, fields: fields, password: password))
    return CommandOutcome(printing: "\(user)\n")
  }

  private func password(_ input: [UInt8]?) throws(ServerError) -> String {
    guard let text = input.flatMap({ String(validating: $0, as: UTF8.self) }) else {
      throw .refused("standard input holds no password")
    }
    return text.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init)
      ?? ""
  }

  private func listUsers(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let filter = try optionalID("--account", invocation)
    return rows(invocation, try data.users(account: filter))
  }

  private func disableUser(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let user = try data.disableUser(invocation.operands[0])
    return CommandOutcome(printing: "\(user) is disabled\n")
  }

  // MARK: - Devices

  private static let codeMinutes = 1...1440
  private static let standardCodeMinutes = 10

  private func createCode(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let account = try account(invocation)
    let email = try required("--user", invocation)
    let minutes = invocation.value("--minutes").map { Int($0) ?? 0 } ?? Self.standardCodeMinutes
    guard Self.codeMinutes.contains(minutes) else {
      throw .usage("--minutes: a whole number from 1 to \(Self.codeMinutes.upperBound) is needed")
    }
    let code = try data.createCode(account: account, email: email, minutes: minutes)
    return CommandOutcome(printing: "\(code)\n")
  }

  private func listDevices(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let filter = try optionalID("--account", invocation)
    let devices = data.read(\.devices).filter { filter == nil || $0.account == filter }
    return rows(
      invocation,
      devices.map { device in
        [
          "id": .id(device.id), "name": .string(device.name), "account": .id(device.account),
          "user": .id(device.user),
          "state": .string(device.state), "enrolled_at": .time(device.enrolledAt),
        ]
      })
  }

  private func revokeDevice(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let wipe = try wipe(invocation)
    let device = try data.revokeDevice(invocation.operands[0], wipe: wipe)
    let what =
      switch wipe {
      case nil: "is revoked"
      case .afterSurrender: "is revoked; it gives what it has not sent and then drops everything"
      case .now: "is revoked and drops everything at once: what it has not sent is lost"
      }
    return CommandOutcome(printing: "\(device.id) (\(device.name)) \(what)\n")
  }

  private func wipe(_ invocation: Invocation) throws(ServerError) -> WipeOrder? {
    guard invocation.has("--wipe") else { return nil }
    switch invocation.value("--wipe") {
    case nil: return .afterSurrender
    case "now": return .now
    case let text?: throw .usage("--wipe: \"\(text)\" is not now")
    }
  }

  private func retireDevice(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let device = try data.retireDevice(invocation.operands[0])
    return CommandOutcome(printing: "\(device.id) (\(device.name)) is retired\n")
  }

  // MARK: - Recovery

  private func setRecovery(
    isOpen: Bool, _ invocation: Invocation
  ) throws(ServerError) -> CommandOutcome {
    let account = try account(invocation)
    let replica = try data.replica(of: account)
    try onReplica { () throws(ReplicaError) in try replica.setRecovery(isOpen: isOpen) }
    return CommandOutcome(printing: "recovery of \(account) is \(isOpen ? "open" : "closed")\n")
  }

  private func recoveryStatus(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let recovery = try data.replica(of: try account(invocation)).recovery
    return CommandOutcome(output: recovery.value.bytes + [UInt8(ascii: "\n")])
  }

  private func backup(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let count = try data.backup(to: invocation.operands[0])
    return CommandOutcome(printing: "\(count) documents in \(invocation.operands[0])\n")
  }

  private func restoreBackup(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let count = try data.restore(
      backup: invocation.operands[0], resets: invocation.has("--reset"))
    if invocation.has("--reset") {
      return CommandOutcome(
        printing: "\(count) accounts restored; laptops keep aside what is newer\n")
    }
    return CommandOutcome(
      printing: "\(count) accounts restored; laptops give back what is newer until an "
        + "administrator closes that: satchel-server recovery close --account ID\n")
  }

  // MARK: - State

  private func status(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    var accounts: [JSONObject] = []
    for account in data.read(\.accounts) {
      let replica = try data.replica(of: account.id)
      let counts = try onReplica { () throws(ReplicaError) in try replica.documentCounts() }
      let documents = counts.map { ($0.type, JSONValue.int($0.count)) }
      accounts.append([
        "id": .id(account.id), "name": .string(account.name), "replica": .id(replica.id),
        "documents": .object(JSONObject(documents)),
        "recovery": .string(replica.recovery.isOpen ? "open" : "closed"),
        "silent": .int(replica.silentReplicas.count),
      ])
    }
    return rows(invocation, accounts)
  }

  private func verify(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    var checked = 0
    var problems: [JSONObject] = []
    for account in data.read(\.accounts) {
      if invocation.has("--repair") { _ = try data.repair(account.id) }
      let report = try data.verify(account.id)
      checked += report.checked
      problems += report.problems.map(\.object)
    }
    let value: JSONObject = [
      "ok": .bool(problems.isEmpty), "checked": .int(checked),
      "problems": .array(problems.map(JSONValue.object)),
    ]
    return CommandOutcome(
      status: problems.isEmpty ? 0 : 1, output: JSONValue.object(value).bytes + [10])
  }

  private func audit(_ invocation: Invocation) throws(ServerError) -> CommandOutcome {
    let account = try optionalID("--account", invocation)?.description
    let isCheck = invocation.has("--verify")
    let check = try onSystem { () throws(SystemError) in
      try data.audit.check { object in
        !isCheck && (account == nil || object["account"]?.stringValue == account)
      }
    }
    guard isCheck else {
      return CommandOutcome(
        output: Array(check.lines.joined(separator: [UInt8(ascii: "\n")])) + [10])
    }
    if let problem = check.problems.first {
      return .failure(
        "the audit was changed: \(problem.file), line \(problem.line): \(problem.what)")
    }
    return CommandOutcome(
      printing:
        "\(check.last.number) entries follow one another; the last link is \(check.last.link)\n")
  }

  private func metricsToken() throws(ServerError) -> CommandOutcome {
    let token = try SecretKey(path: data.layout.metricsToken, data.setup).bytes()
    return CommandOutcome(output: token + [UInt8(ascii: "\n")])
  }

  private func rotateLoginKey() throws(ServerError) -> CommandOutcome {
    try data.loginKeys.rotate(at: data.setup.world.clock.now())
    return CommandOutcome(
      printing: "logins are signed with a new key; those of before hold until they are over\n")
  }

  private func checkpoint() throws(ServerError) -> CommandOutcome {
    var count = 0
    for account in data.read(\.accounts) {
      let replica = try data.replica(of: account.id)
      count += try onReplica { () throws(ReplicaError) in try replica.tidy() }
    }
    return CommandOutcome(printing: "\(count) documents written\n")
  }

  // MARK: - Values

  private func account(_ invocation: Invocation) throws(ServerError) -> UniqueID {
    return try id(required("--account", invocation), "--account")
  }

  private func id(_ text: String, _ option: String) throws(ServerError) -> UniqueID {
    guard let id = UniqueID(text) else { throw .usage("\(option): \"\(text)\" is no id") }
    return id
  }

  private func optionalID(
    _ option: String, _ invocation: Invocation
  ) throws(ServerError) -> UniqueID? {
    guard let text = invocation.value(option) else { return nil }
    return try id(text, option)
  }

  private func required(
    _ option: String, _ invocation: Invocation
  ) throws(ServerError) -> String {
    guard let value = invocation.value(option), !value.isEmpty else {
      throw .usage("\(option) is missing")
    }
    return value
  }

  private func rows(_ invocation: Invocation, _ objects: [JSONObject]) -> CommandOutcome {
    CommandOutcome(
      output: invocation.has("--json")
        ? objects.flatMap { JSONValue.object($0).bytes + [UInt8(ascii: "\n")] }
        : Array(TextTable.text(objects).utf8))
  }
}
