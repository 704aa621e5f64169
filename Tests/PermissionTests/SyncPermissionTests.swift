import API
import Causality
import Clinic
import Documents
import HTTP
import JSON
import Platform
import Replica
import Storage
import SyncProtocol
import Testing

@testable import Server

/// The routes of the protocol for each kind of token.
@Suite struct SyncPermissionTests {
  /// The columns of the table.
  private enum Holder: CaseIterable {
    case nobody, login, unknown, device, revoked, foreign, disabled, suspended
  }

  private let table = PermissionTable.shared
  private let clinics: TestClinics
  private var here: TestAccount { clinics.here }
  private let suspended: TestAccount

  init() throws {
    clinics = try TestClinics()
    suspended = try TestAccount(clinics.data, mark: 0xd0d0_d0d0)
    try clinics.data.changeAccount(suspended.replica.account, ["status": "suspended"])
  }

  // MARK: - Requests

  private struct Sender {
    let account: TestAccount
    let device: DeviceRecord
    var refreshToken: String?
    var login: String?
  }

  private func sender(_ holder: Holder) throws -> Sender {
    let account = holder == .foreign ? clinics.there : holder == .suspended ? suspended : here
    let user = try account.user(.clinician)
    let device = try account.device(of: user.user)
    let token = clinics.data.newRefreshToken(of: device.credentials)
    var sender = Sender(account: account, device: device, refreshToken: token)
    switch holder {
    case .nobody: sender.refreshToken = nil
    case .login:
      sender.refreshToken = nil
      sender.login = try clinics.token(of: user)
    case .unknown:
      sender.refreshToken = clinics.data.newRefreshToken(
        of: DeviceCredentials(family: account.newID()))
    case .revoked: _ = try clinics.data.revokeDevice(device.id.description)
    case .disabled: _ = try clinics.data.disableUser(user.email)
    case .device, .foreign, .suspended: break
    }
    return sender
  }

  private func send(_ asking: Asking, _ sender: Sender) -> HTTPResponse {
    var asking = asking
    asking.headers.set(SyncProtocolVersion.headerName, "\(SyncProtocolVersion.current)")
    if let token = sender.refreshToken {
      asking.headers.set(SyncProtocolVersion.refreshHeaderName, token)
    }
    return clinics.send(asking.request(token: sender.login))
  }

  private func asking(_ row: PermissionTable.Row, _ sender: Sender) throws -> Asking {
    let isElsewhere = row.variant == "naming another account"
    let other = sender.account === here ? clinics.there : here
    var asking = Asking("POST", row.path)
    switch row.path {
    case SyncProtocolVersion.enrolPath:
      asking.body = try enrolment(row.variant, sender).bytes
    case SyncProtocolVersion.wipedPath: asking.body = JSONValue.object([:]).bytes
    case SyncProtocolVersion.auditPath: asking.body = []
    case SyncProtocolVersion.loginPath:
      let account = row.variant == "of a user of another account" ? other : sender.account
      let role: Role = row.variant == "of a patient" ? .patient : .officeStaff
      let form: JSONObject = [
        "email": .string(account.users[role]?.email ?? ""),
        "password": .string(TestAccount.password),
      ]
      asking.body = JSONValue.object(form).bytes
    case SyncProtocolVersion.watchPath:
      asking.body = JSONValue.object(["after": 0]).bytes
    default:
      asking.body = body(row.path, as: sender.device, to: isElsewhere ? other : sender.account)
    }
    return asking
  }

  /// - Parameter isThere: whether it names an account and a server that are there.
  private func body(
    _ path: String, as device: DeviceRecord, to account: TestAccount, isThere: Bool = true
  ) -> [UInt8] {
    let replica = account.replica
    let names =
      isThere ? (replica.account, replica.serverID) : (here.newID(), here.newID())
    let codec = SyncCodec(rules: replica.rules, digest: replica.world.digest)
    if path == SyncProtocolVersion.historiesPath {
      return codec.encode(
        TimelineRequest(
          replica: device.replicas[0], account: names.0, server: names.1, probes: []))
    }
    let nothing = VersionVector()
    var request = SyncRequest(
      replica: device.replicas[0], base: codec.digest(of: nothing), knowledge: [],
      history: SyncCodec.text(history: replica.store.read { $0.history.hash(at: nothing) } ?? []))
    (request.account, request.server) = names
    if path == SyncProtocolVersion.surrenderPath {
      request.push = PushPosition(token: 1, page: 0, isLast: true)
    } else {
      request.pull = PullPosition(since: nil, cursor: nil)
    }
    return codec.encode(request)
  }

  private func enrolment(_ variant: String, _ sender: Sender) throws -> JSONValue {
    let isForeign = variant == "with a code of another account"
    let account = isForeign ? clinics.there : here
    let code = try clinics.data.createCode(
      account: account.replica.account, email: account.users[.owner]?.email ?? "", minutes: 10)
    var form: JSONObject = [
      "code": .string(code), "device": .string(here.newID().description),
      "replica": .string(here.newID().description), "name": "laptop",
    ]
    if isForeign { form["account"] = .string(here.replica.account.description) }
    if variant == "with a code that was used" {
      let first = Asking("POST", SyncProtocolVersion.enrolPath, form)
      #expect(clinics.send(first, nil).status == 200)
    }
    return .object(form)
  }

  // MARK: - Tests

  @Test func `every route of the protocol has a row`() {
    let paths = [
      SyncProtocolVersion.enrolPath, SyncProtocolVersion.exchangePath,
      SyncProtocolVersion.historiesPath, SyncProtocolVersion.watchPath,
      SyncProtocolVersion.surrenderPath, SyncProtocolVersion.wipedPath,
      SyncProtocolVersion.loginPath, SyncProtocolVersion.auditPath,
    ]
    #expect(Set(table.sync.map(\.path)).sorted() == paths.sorted())
    for path in paths {
      #expect(clinics.send(Asking("GET", path), nil).status == 405, "\(path)")
    }
    let unknown = Asking("POST", "/sync/v1/accounts")
    #expect(clinics.send(unknown, nil).status == 404)
  }

  @Test func `each token is answered as the table says`() throws {
    for row in table.sync {
      for (holder, expected) in zip(Holder.allCases, row.answers) {
        let sender = try sender(holder)
        let answer = send(try asking(row, sender), sender)
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(answer.status == expected, "\(row), \(holder): \(text.prefix(300))")
        guard row.path != SyncProtocolVersion.enrolPath else { continue }
        for account in [here, clinics.there] where account !== sender.account {
          #expect(!text.contains(account.mark), "\(row), \(holder): \(text.prefix(300))")
        }
        if row.path == SyncProtocolVersion.exchangePath, expected == 200 {
          #expect(text.contains(sender.account.mark), "it gets its own account's")
        }
      }
    }
  }

  @Test func `an account that is not the device's own is refused as one that nobody has`() throws {
    for row in table.sync where row.variant == "naming another account" {
      let isSurrender = row.path == SyncProtocolVersion.surrenderPath
      let sender = try sender(isSurrender ? .revoked : .device)
      let answers = [true, false].map { isThere in
        var asking = Asking("POST", row.path)
        asking.body = body(row.path, as: sender.device, to: clinics.there, isThere: isThere)
        return send(asking, sender)
      }
      #expect(answers[0].status == 403 && answers[1].status == 403, "\(row)")
      #expect(answers[0].body == answers[1].body, "\(row)")
    }
  }

  @Test func `an access token opens the protocol until the device is revoked, and no other route`()
    throws
  {
    var sender = try sender(.device)
    let row = try #require(table.sync.first { $0.path == SyncProtocolVersion.exchangePath })
    let first = send(try asking(row, sender), sender)
    let token = try #require(first.headers[LaptopSync.accessTokenHeader])
    #expect(clinics.send(Asking("GET", "/api/patients"), token).status == 401)
    (sender.refreshToken, sender.login) = (nil, token)
    #expect(send(try asking(row, sender), sender).status == 200)
    _ = try clinics.data.revokeDevice(sender.device.id.description)
    #expect(send(try asking(row, sender), sender).status == 403)
  }

  @Test func `the device of somebody who has become a patient gets nothing more`() throws {
    let sender = try sender(.device)
    let (owner, path) = (
      try clinics.token(Asker(role: .owner)), "/api/users/\(sender.device.user)"
    )
    #expect(clinics.send(Asking("PATCH", path, ["role": "patient"]), owner).status == 200)
    for path in [SyncProtocolVersion.exchangePath, SyncProtocolVersion.watchPath] {
      let row = try #require(table.sync.first { $0.path == path && $0.variant.isEmpty })
      #expect(send(try asking(row, sender), sender).status == 403, "\(path)")
    }
  }

  @Test func `a revoked device surrenders once`() throws {
    let sender = try sender(.revoked)
    let row = try #require(table.sync.first { $0.path == SyncProtocolVersion.surrenderPath })
    #expect(send(try asking(row, sender), sender).status == 200)
    #expect(send(try asking(row, sender), sender).status == 403)
  }
}
