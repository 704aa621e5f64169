import API
import Causality
import Documents
package import HTTP
import JSON
import Platform
import Replica
import SyncProtocol

/// What the server answers on its network address.
package struct SyncHandler: HTTPHandler {
  /// The largest exchange that is taken, in bytes.
  static let maximumExchangeByteCount = 64 << 20
  /// The largest enrolment that is taken, in bytes.
  static let maximumEnrolmentByteCount = 64 << 10

  /// The largest question for news that is taken, in bytes.
  static let maximumWatchByteCount = 1 << 10

  /// The first segment of the protocol's paths; all others are for users.
  private static let ownPrefix = "sync"

  private let data: ServerData
  private let access: Access
  private let users: UserHandler
  /// Takes a line for each request; nil where nobody asked for it.
  private let tell: (@Sendable (String) -> Void)?

  package init(
    data: ServerData, access: Access, logins: Logins, settings: ServerSettings,
    tell: (@Sendable (String) -> Void)? = nil
  ) {
    self.data = data
    self.access = access
    self.tell = tell
    users = UserHandler(logins: logins, data: data, settings: settings)
  }

  package func admit(_ head: HTTPRequest) -> HTTPAdmission {
    // Neither the query nor a header: they may name patients, or open something.
    tell?("\(head.method) \(head.target.prefix { $0 != "?" })")
    guard head.segments.first == Self.ownPrefix else { return users.admit(head) }
    switch (head.method, head.path) {
    case ("POST", SyncProtocolVersion.enrolPath):
      return .accept(maximumBodyByteCount: Self.maximumEnrolmentByteCount)
    case ("POST", SyncProtocolVersion.exchangePath), ("POST", SyncProtocolVersion.historiesPath):
      // Who the device is, is found out before its body is read.
      do throws(SyncRefusal) { _ = try device(head) } catch { return .refuse(response(error)) }
      return .accept(maximumBodyByteCount: Self.maximumExchangeByteCount)
    case ("POST", SyncProtocolVersion.watchPath):
      do throws(SyncRefusal) { _ = try device(head) } catch { return .refuse(response(error)) }
      return .accept(maximumBodyByteCount: Self.maximumWatchByteCount)
    case ("POST", SyncProtocolVersion.surrenderPath):
      do throws(SyncRefusal) { _ = try surrendering(head) } catch {
        return .refuse(response(error))
      }
      return .accept(maximumBodyByteCount: Self.maximumExchangeByteCount)
    case (_, SyncProtocolVersion.enrolPath), (_, SyncProtocolVersion.exchangePath),
      (_, SyncProtocolVersion.historiesPath), (_, SyncProtocolVersion.surrenderPath),
      (_, SyncProtocolVersion.watchPath):
      return .refuse(APIError.methodNotAllowed(["POST"]).response)
    default:
      return .refuse(APIError.notFound.response)
    }
  }

  package func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
    guard request.segments.first == Self.ownPrefix else {
      return reply.send(users.answer(request))
    }
    let plain: HTTPRequest
    do throws(PackedBody.Refusal) { plain = try PackedBody.unpacked(request) } catch {
      return reply.send(
        Self.error(error.status, "malformed", "the body cannot be unpacked: \(error.problem)"))
    }
    switch plain.path {
    case SyncProtocolVersion.enrolPath: reply.send(enrol(plain))
    case SyncProtocolVersion.watchPath: watch(plain, reply)
    case SyncProtocolVersion.surrenderPath:
      reply.send(PackedBody.packed(surrender(plain), for: request))
    default: reply.send(PackedBody.packed(exchange(plain), for: request))
    }
  }

  // MARK: - Exchange

  private func exchange(_ request: HTTPRequest) -> HTTPResponse {
    do throws(SyncRefusal) {
      try checkVersion(request)
      let (device, newToken) = try device(request)
      let sync = try serverSync(device.account)
      let caller = caller(device)
      let body =
        request.path == SyncProtocolVersion.historiesPath
        ? try sync.compareHistories(request.body)
        : try sync.answer(request.body, from: caller)
      var headers: HTTPHeaders = [
        "Content-Type": SyncProtocolVersion.contentType,
        SyncProtocolVersion.headerName: "\(SyncProtocolVersion.current)",
      ]
      if let newToken { headers.set(LaptopSync.accessTokenHeader, newToken) }
      return HTTPResponse(status: 200, headers: headers, body: body)
    } catch {
      return response(error)
    }
  }

  // MARK: - Watch

  private func watch(_ request: HTTPRequest, _ reply: HTTPReply) {
    do throws(SyncRefusal) {
      let (device, _) = try device(request)
      let object = (try? JSONValue(parsing: request.body))?.objectValue
      guard let after = object?["after"]?.intValue, after >= 0 else {
        throw SyncRefusal(.malformed, "a watch names the head of the feed that was seen")
      }
      let replica = try serverReplica(device.account)
      data.watches.wait(reply, account: device.account, after: UInt64(after)) {
        replica.feedHead
      }
    } catch {
      reply.send(response(error))
    }
  }

  // MARK: - Surrender

  private func surrendering(_ head: HTTPRequest) throws(SyncRefusal) -> DeviceRecord {
    do {
      return try access.surrendering(
        refreshToken: head.headers[SyncProtocolVersion.refreshHeaderName])
    } catch {
      throw Self.refusal(error)
    }
  }

  /// Takes what a revoked device had not sent, parks all of it and answers nothing (MERGE, rule X2).
  private func surrender(_ request: HTTPRequest) -> HTTPResponse {
    do throws(SyncRefusal) {
      let device = try surrendering(request)
      let isComplete = try serverSync(device.account).takeSurrender(
        request.body, of: device.id, as: caller(device))
      if isComplete {
        do { try data.noteSurrender(by: device.id) } catch {
          throw SyncRefusal(.unavailable, "the server cannot note the surrender now")
        }
      }
      return .json(200, ["complete": .bool(isComplete)])
    } catch {
      return response(error)
    }
  }

  private func checkVersion(_ request: HTTPRequest) throws(SyncRefusal) {
    let version = request.headers[SyncProtocolVersion.headerName]
    guard version == "\(SyncProtocolVersion.current)" else {
      throw SyncRefusal(
        .unsupportedProtocol,
        "this server speaks version \(SyncProtocolVersion.current) of the protocol, not "
          + "\(version ?? "an unnamed one")")
    }
  }

  private func caller(_ device: DeviceRecord) -> SyncCaller {
    let data = data
    return SyncCaller(
      replicas: device.replicas, judge: PushJudge(device: device.id, user: device.user),
      isFree: { replica in data.isFree(replica, for: device.id) },
      adopt: { (replica) throws(SyncRefusal) in
        do { try data.adopt(replica, by: device.id) } catch {
          throw SyncRefusal(.unavailable, "the server cannot note the device's new id now")
        }
      })
  }

  private func serverSync(_ account: UniqueID) throws(SyncRefusal) -> ServerSync {
    ServerSync(replica: try serverReplica(account))
  }

  private func serverReplica(_ account: UniqueID) throws(SyncRefusal) -> Replica {
    do {
      return try data.replica(of: account)
    } catch {
      throw SyncRefusal(.unavailable, "the server cannot open the account now; try again later")
    }
  }

  private func device(
    _ request: HTTPRequest
  ) throws(SyncRefusal) -> (device: DeviceRecord, newToken: String?) {
    let bearer = request.headers["Authorization"].flatMap { value in
      value.hasPrefix("Bearer ") ? String(value.dropFirst("Bearer ".count)) : nil
    }
    do {
      return try access.device(
        accessToken: bearer,
        refreshToken: request.headers[SyncProtocolVersion.refreshHeaderName])
    } catch {
      throw Self.refusal(error)
    }
  }

  private static func refusal(_ refusal: Access.Refusal) -> SyncRefusal {
    switch refusal {
    case .unknown:
      SyncRefusal(
        .unauthorized, "the server does not know this device; enrol it again with a new code")
    case .revoked:
      SyncRefusal(
        .revoked, "this device was revoked; ask an administrator, unsent work stays here")
    case .userDisabled:
      SyncRefusal(
        .userDisabled,
        "this device's user is disabled; ask an administrator, unsent work stays here")
    case .accountSuspended:
      SyncRefusal(
        .accountSuspended,
        "the account is suspended; ask an administrator, everything stays readable here and unsent "
          + "work is kept")
    }
  }

  // MARK: - Enrolment

  private func enrol(_ request: HTTPRequest) -> HTTPResponse {
    guard let object = (try? JSONValue(parsing: request.body))?.objectValue,
      let code = object["code"]?.stringValue, let device = object.id("device"),
      let replica = object.id("replica"), let name = object["name"]?.stringValue
    else { return Self.error(400, "malformed", "code, device, replica and name are needed") }
    do {
      let grant = try data.enrol(
        code: code, device: device, replica: replica, name: String(name.prefix(100)),
        account: object.id("account"))
      return .json(
        200,
        [
          "account": .id(grant.device.account), "server": .id(grant.server),
          "user": .id(grant.device.user), "user_name": .string(grant.userName),
          "refresh_token": .string(grant.refreshToken),
        ])
    } catch {
      if case .refused(let message) = error { return Self.error(403, "forbidden", message) }
      return Self.error(503, "unavailable", "the server cannot enrol devices now")
    }
  }

  // MARK: - Answers

  private func response(_ refusal: SyncRefusal) -> HTTPResponse {
    HTTPResponse(
      status: refusal.status, headers: ["Content-Type": "application/json"],
      body: SyncCodec.encode(refusal))
  }

  static func error(_ status: Int, _ code: String, _ message: String) -> HTTPResponse {
    .json(status, ["error": ["code": .string(code), "message": .string(message)]])
  }
}
