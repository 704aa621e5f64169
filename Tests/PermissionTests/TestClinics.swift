import API
import Documents
import HTTP
import JSON
import Platform
import Replica
import Synchronization

@testable import Server

/// A server with two accounts, without sockets.
final class TestClinics {
  /// With which logins are signed.
  static let secret = "0123456789abcdefghijklmnopqrstuv"

  let data: ServerData
  let logins: Logins
  /// Where those who ask are from, and the other one.
  let here: TestAccount
  let there: TestAccount
  private let handler: SyncHandler
  private let closed: SyncHandler
  private let root: String

  init() throws {
    let place = Host.environment("TMPDIR") ?? "/tmp"
    root = "\(place)/permissions-\(HexText.text(SystemRandom().bytes(12)))"
    data = try ServerData.open(root, setup: .system())
    var settings = ServerSettings(listen: "127.0.0.1:0")
    settings.tokenSecret = Self.secret
    // Nobody listens at these addresses.
    settings.summaryModel = SummaryModel(endpoint: "http://127.0.0.1:1/v1")
    settings.google = GoogleSettings(
      clientID: "satchel", clientSecret: "secret", redirectURI: "http://127.0.0.1:1/",
      tokenPage: "http://127.0.0.1:1/token")
    logins = try Logins(data: data, settings: settings)
    let access = Access(data: data)
    closed = SyncHandler(data: data, access: access, logins: logins, settings: settings)
    settings.allowsSignUp = true
    handler = SyncHandler(data: data, access: access, logins: logins, settings: settings)
    here = try TestAccount(data, mark: 0xa0a0_a0a0)
    there = try TestAccount(data, mark: 0xb0b0_b0b0)
  }

  deinit {
    data.close()
    try? data.fileSystem.removeTree(root)
  }

  func token(_ asker: Asker) throws -> String? {
    guard let role = asker.role, let user = here.users[role] else { return nil }
    return try token(of: user)
  }

  func token(of user: CredentialRecord) throws -> String {
    try logins.logIn(user, from: "127.0.0.1").token
  }

  /// What the server answers; as after its start without sign-up if that is closed.
  func send(_ request: HTTPRequest, signUp: Bool = true) -> HTTPResponse {
    let handler = signUp ? handler : closed
    var head = request
    head.body = []
    if case .refuse(let response) = handler.admit(head) { return response }
    let answer = Mutex<HTTPResponse?>(nil)
    handler.handle(request, HTTPReply { response in answer.withLock { $0 = response } })
    return answer.withLock { $0 } ?? HTTPResponse(status: 599)
  }

  func send(_ asking: Asking, _ token: String?) -> HTTPResponse {
    send(asking.request(token: token))
  }
}
