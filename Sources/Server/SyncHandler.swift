import API
import Causality
import Clinic
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
  static let maximumEnrolmentByteCount = 4 << 10

  /// The largest question for news that is taken, in bytes.
  static let maximumWatchByteCount = 1 << 10

  /// The first segment of the protocol's paths; all others are for users.
  private static let ownPrefix = "sync"

  private let data: ServerData
  private let access: Access
  private let users: UserHandler
  private let throttles: Throttles
  private let deviceLogins: DeviceLogins
  private let deviceAudits: DeviceAudits
  let largeWork = LargeWork()

  package init(data: ServerData, access: Access, logins: Logins, settings: ServerSettings) {
    self.data = data
    self.access = access
    throttles = logins.throttles
    deviceLogins = DeviceLogins(data: data, logins: logins)
    deviceAudits = DeviceAudits(data: data)
    users = UserHandler(logins: logins, data: data, settings: settings)
  }

  package func admit(_ head: HTTPRequest) -> HTTPAdmission {
    guard head.segments.first == Self.ownPrefix else { return users.admit(head) }
    guard Self.paths.contains(head.path) else { return .refuse(APIError.notFound.response) }
    guard head.method == "POST" else {
      return .refuse(APIError.methodNotAllowed(["POST"]).response)
    }
    if head.path == SyncProtocolVersion.enrolPath {
      return .accept(
        maximumBodyByteCount: Self.maximumByteCount(head.path), lane: Self.enrolmentLane)
    }
    // Who the device is, is found out before its body is read.
    let device: DeviceRecord
    do throws(SyncRefusal) { device = try announced(head) } catch {
      return .refuse(response(error))
    }
    do throws(APIError) { try throttles.admit(device: device.id) } catch {
      return .refuse(error.response)
    }
    return .accept(
      maximumBodyByteCount: Self.maximumByteCount(head.path),
      lane: Self.lane(head.path, device.account))
  }

  /// Those who wait come back all at once when they were told of news: nobody who brings some stands behind them.
  private static func lane(_ path: String, _ account: UniqueID) -> HTTPLane {
    switch path {
    case SyncProtocolVersion.watchPath: HTTPLane("watch \(account)", width: 2)
    case SyncProtocolVersion.loginPath: UserHandler.passwordLane
    default: UserHandler.lane(of: account)
    }
  }

  private static let enrolmentLane = HTTPLane("enrolment", width: 2, maximumWaitingCount: 200)

  private static func maximumByteCount(_ path: String) -> Int {
    switch path {
    case SyncProtocolVersion.enrolPath: maximumEnrolmentByteCount
    case SyncProtocolVersion.loginPath: maximumEnrolmentByteCount
    case SyncProtocolVersion.auditPath: DeviceAudits.maximumByteCount
    case SyncProtocolVersion.watchPath, SyncProtocolVersion.wipedPath: maximumWatchByteCount
    default: maximumExchangeByteCount
    }
  }

  /// The device that a request says it is from.
  private func announced(_ head: HTTPRequest) throws(SyncRefusal) -> DeviceRecord {
    try granted { () throws(Access.Refusal) in
      switch head.path {
      case SyncProtocolVersion.surrenderPath: try access.surrendering(Self.credentials(head))
      case SyncProtocolVersion.wipedPath: try access.revoked(Self.credentials(head))
      default: try access.device(Self.credentials(head))
      }
    }
  }

  /// The route of a request as it is described; nil if there is none.
  func routePath(_ head: HTTPRequest) -> String? {
    guard head.segments.first == Self.ownPrefix else { return users.routePath(head) }
    return Self.paths.contains(head.path) ? head.path : nil
  }

  private static let paths: Set<String> = [
    SyncProtocolVersion.enrolPath, SyncProtocolVersion.exchangePath,
    SyncProtocolVersion.historiesPath, SyncProtocolVersion.surrenderPath,
    SyncProtocolVersion.watchPath, SyncProtocolVersion.wipedPath, SyncProtocolVersion.loginPath,
    SyncProtocolVersion.auditPath,
  ]

  package func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
    guard request.segments.first == Self.ownPrefix else {
      return reply.send(users.answer(request))
    }
    do throws(PackedBody.Refusal) {
      try unpack(request) { carryOut($0, for: request, reply) }
    } catch {
      switch error.status {
      case 503: reply.send(response(SyncRefusal(.unavailable, error.problem)))
      default:
        reply.send(
          Self.error(error.status, "malformed", "the body cannot be unpacked: \(error.problem)"))
      }
    }
  }

  /// Unpacks the body of a request; a large one only if it is its turn.
  private func unpack(
    _ request: HTTPRequest, _ body: (HTTPRequest) -> Void
  ) throws(PackedBody.Refusal) {
    let most = min(Self.maximumByteCount(request.path), LargeWork.smallByteCount)
    if request.body.count <= most {
      do throws(PackedBody.Refusal) {
        return body(try PackedBody.unpacked(request, maximumByteCount: most))
      } catch {
        guard error.status == 413, Self.maximumByteCount(request.path) > most else { throw error }
      }
    }
    guard let account = (try? announced(request))?.account, largeWork.begin(account) else {
      throw PackedBody.Refusal(
        status: 503, problem: "other large exchanges are under way; try again later")
    }
    defer {
      largeWork.end(account)
      Host.releaseFreeMemory()
    }
    body(
      try PackedBody.unpacked(request, maximumByteCount: Self.maximumByteCount(request.path)))
  }

  private func carryOut(_ plain: HTTPRequest, for request: HTTPRequest, _ reply: HTTPReply) {
    switch plain.path {
    case SyncProtocolVersion.enrolPath: reply.send(enrol(plain))
    case SyncProtocolVersion.watchPath: watch(plain, reply)
    case SyncProtocolVersion.wipedPath: reply.send(noteWiped(plain))
    case SyncProtocolVersion.loginPath: reply.send(logIn(plain))
    case SyncProtocolVersion.auditPath: reply.send(takeAudit(plain))
    case SyncProtocolVersion.surrenderPath:
      reply.send(PackedBody.packed(surrender(plain), for: request))
    default: reply.send(PackedBody.packed(exchange(plain), for: request))
    }
  }

  // MARK: - Exchange

  private func exchange(_ request: HTTPRequest) -> HTTPResponse {
    do throws(SyncRefusal) {
      let response = try merged(request)
      data.metrics.noteSync(outcome: "done")
      return response
    } catch {
      data.metrics.noteSync(outcome: error.code.rawValue)
      return response(error)
    }
  }

  private func merged(_ request: HTTPRequest) throws(SyncRefusal) -> HTTPResponse {
    try checkVersion(request)
    let admission = try granted { () throws(Access.Refusal) in
      try access.admit(Self.credentials(request))
    }
    let device = admission.device
    try requireStaff(device)
    try requireMemory()
    let sync = try serverSync(device.account)
    var caller = caller(device)
    caller.obstacle = try obstacle(request, sync)
    let body =
      request.path == SyncProtocolVersion.historiesPath
      ? try sync.compareHistories(request.body)
      : try sync.answer(request.body, from: caller)
    remember(.exchange, device, request, answerByteCount: body.count)
    var headers: HTTPHeaders = [
      "Content-Type": SyncProtocolVersion.contentType,
      SyncProtocolVersion.headerName: "\(SyncProtocolVersion.current)",
    ]
    Self.add(admission, to: &headers)
    if let list = deviceLogins.news(for: device, request) {
      headers.set(SyncProtocolVersion.peopleHeaderName, list)
    }
    return HTTPResponse(status: 200, headers: headers, body: body)
  }

  /// What a device gets for a token that it has shown.
  private static func add(_ admission: Access.Admission, to headers: inout HTTPHeaders) {
    if let token = admission.newAccessToken { headers.set(LaptopSync.accessTokenHeader, token) }
    if let token = admission.newRefreshToken {
      headers.set(SyncProtocolVersion.refreshHeaderName, token)
    }
  }

  /// Takes what a device remembers of its people.
  private func takeAudit(_ request: HTTPRequest) -> HTTPResponse {
    do throws(SyncRefusal) {
      try checkVersion(request)
      let admission = try granted { () throws(Access.Refusal) in
        try access.admit(Self.credentials(request))
      }
      try requireMemory()
      let number = try deviceAudits.take(request.body, from: admission.device, request.peer)
      var response = HTTPResponse.json(200, ["number": .number(JSONNumber(number))])
      Self.add(admission, to: &response.headers)
      return response
    } catch {
      return response(error)
    }
  }

  /// Lets a person log in on a device.
  private func logIn(_ request: HTTPRequest) -> HTTPResponse {
    do throws(SyncRefusal) {
      try checkVersion(request)
      let admission = try granted { () throws(Access.Refusal) in
        try access.admit(Self.credentials(request))
      }
      try requireStaff(admission.device)
      try requireMemory()
      var response = deviceLogins.answer(request, from: admission.device)
      Self.add(admission, to: &response.headers)
      return response
    } catch {
      return response(error)
    }
  }

  /// Why a device gets nothing of its account; nil if it does.
  private func obstacle(
    _ request: HTTPRequest, _ sync: ServerSync
  ) throws(SyncRefusal) -> SyncRefusal? {
    if request.headers[SyncProtocolVersion.encryptionHeaderName] == "store" { return nil }
    let isRequired: Bool
    do { isRequired = try sync.requiresEncryption() } catch {
      throw SyncRefusal(.unavailable, "the server cannot read the account now; try again later")
    }
    guard isRequired else { return nil }
    return SyncRefusal(
      .encryptionRequired,
      "this account gives its data to encrypted laptops only, and this one is not: run satchel encrypt; what it "
        + "wrote has arrived")
  }

  /// - Throws: `user_disabled` for a device of somebody who has become a patient: it would hold the records of
  ///   all others.
  private func requireStaff(_ device: DeviceRecord) throws(SyncRefusal) {
    let role: String?
    do { role = try data.role(of: device.user, in: device.account) } catch {
      throw SyncRefusal(.unavailable, "the server cannot read the account now; try again later")
    }
    if role == Role.patient.rawValue { throw refusal(.userDisabled) }
  }

  /// - Throws: `unavailable` while nothing can be added to the audit.
  private func requireMemory() throws(SyncRefusal) {
    if data.audit.obstacle() != nil {
      throw SyncRefusal(.unavailable, "the server cannot note who does what, so it does nothing")
    }
  }

  private func remember(
    _ event: AuditEntry.Event, _ device: DeviceRecord, _ request: HTTPRequest,
    answerByteCount: Int = 0
  ) {
    data.audit.note(
      AuditEntry(
        event, account: device.account, user: device.user, device: device.id, peer: request.peer,
        details: [
          "received_bytes": .int(request.body.count), "sent_bytes": .int(answerByteCount),
        ]))
  }

  // MARK: - Watch

  private func watch(_ request: HTTPRequest, _ reply: HTTPReply) {
    do throws(SyncRefusal) {
      let device = try granted { () throws(Access.Refusal) in
        try access.admitToWait(Self.credentials(request))
      }
      try requireStaff(device)
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

  /// Takes what a revoked device had not sent, parks all of it and answers nothing (MERGE, rule X2).
  private func surrender(_ request: HTTPRequest) -> HTTPResponse {
    do throws(SyncRefusal) {
      let device = try granted { () throws(Access.Refusal) in
        try access.surrendering(Self.credentials(request))
      }
      let isComplete = try serverSync(device.account).takeSurrender(
        request.body, of: device.id, as: caller(device),
        because: device.revokedAt == nil ? "its author is disabled" : "its device was revoked")
      if isComplete {
        do { try data.noteSurrender(by: device.id) } catch {
          throw SyncRefusal(.unavailable, "the server cannot note the surrender now")
        }
      }
      remember(.surrender, device, request)
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
      replicas: device.replicas,
      judge: PushJudge(
        device: device.id, user: device.user, others: device.formerUsers + device.people),
      isFree: { replica in data.isFree(replica, for: device.id) },
      adopt: { (replicas) throws(SyncRefusal) in
        do throws(ServerError) { try data.adopt(replicas, by: device.id) } catch {
          if case .refused(let why) = error { throw SyncRefusal(.forbidden, why) }
          throw SyncRefusal(.unavailable, "the server cannot note the device's new ids now")
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

  private static func credentials(_ request: HTTPRequest) -> Access.Credentials {
    Access.Credentials(
      accessToken: request.headers["Authorization"].flatMap { value in
        value.hasPrefix("Bearer ") ? String(value.dropFirst("Bearer ".count)) : nil
      }, refreshToken: request.headers[SyncProtocolVersion.refreshHeaderName])
  }

  private func granted<Result>(
    _ operation: () throws(Access.Refusal) -> Result
  ) throws(SyncRefusal) -> Result {
    do { return try operation() } catch { throw refusal(error) }
  }

  private func refusal(_ refusal: Access.Refusal) -> SyncRefusal {
    switch refusal {
    case .unknown:
      SyncRefusal(
        .unauthorized, "the server does not know this device; enrol it again with a new code")
    case .copied:
      SyncRefusal(
        .unauthorized,
        "what this device shows was used by another one too: neither is let in; find out who has a copy, then "
          + "enrol this device again with a new code")
    case .unavailable: SyncRefusal(.unavailable, "the server cannot note that now; try again later")
    case .revoked(let device): revocation(device)
    case .notRevoked: SyncRefusal(.forbidden, "this device was not revoked")
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

  // MARK: - Wipe

  /// Takes a device's word that it has dropped everything.
  private func noteWiped(_ request: HTTPRequest) -> HTTPResponse {
    do throws(SyncRefusal) {
      let device = try granted { () throws(Access.Refusal) in
        try access.revoked(Self.credentials(request))
      }
      do { try data.noteWiped(device.id) } catch {
        throw SyncRefusal(.unavailable, "the server cannot note that now")
      }
      remember(.wiped, device, request)
      return .json(200, ["noted": true])
    } catch {
      return response(error)
    }
  }

  // MARK: - Enrolment

  private func enrol(_ request: HTTPRequest) -> HTTPResponse {
    guard let object = (try? JSONValue(parsing: request.body))?.objectValue,
      let code = object["code"]?.stringValue, let device = object.id("device"),
      let replica = object.id("replica"), let name = object["name"]?.stringValue
    else { return Self.error(400, "malformed", "code, device, replica and name are needed") }
    do throws(APIError) { try throttles.requireCodeTry(device: device, from: request.peer) } catch {
      return error.response
    }
    do throws(ServerError) {
      let grant = try data.enrol(
        code: code, device: device, replica: replica, name: Self.shortened(name),
        account: object.id("account"), token: object["refresh_token"]?.stringValue)
      remember(.enrolled, grant.device, request)
      return .json(
        200,
        [
          "account": .id(grant.device.account), "server": .id(grant.server),
          "user": .id(grant.device.user), "user_name": .string(grant.userName),
          "refresh_token": .string(grant.refreshToken),
          "device_secret": .string(HexText.text(grant.deviceSecret)),
        ])
    } catch {
      data.audit.note(
        AuditEntry(.enrolmentFailed, device: device, peer: request.peer))
      if case .wrongCode = error { throttles.noteWrongCode(device: device, from: request.peer) }
      switch error {
      case .wrongCode, .refused: return Self.error(403, "forbidden", "\(error)")
      default: return Self.error(503, "unavailable", "the server cannot enrol devices now")
      }
    }
  }

  /// What a person reads of a device's name, on one line of a terminal: a letter may have any number of accents.
  private static func shortened(_ name: String) -> String {
    let hidden: Set<Unicode.GeneralCategory> = [
      .control, .format, .lineSeparator, .paragraphSeparator,
    ]
    return String(
      String.UnicodeScalarView(
        name.unicodeScalars.lazy.filter { !hidden.contains($0.properties.generalCategory) }
          .prefix(100)))
  }

  private func revocation(_ device: DeviceRecord) -> SyncRefusal {
    let order = device.wipeOrder
    var refusal = SyncRefusal(
      .revoked,
      order == nil
        ? "this device was revoked; ask an administrator, unsent work stays here"
        : "this device was revoked, and everything on it is dropped by order of an administrator")
    refusal.wipe = order
    refusal.wipeProof = order.map { data.deviceTokens.proof(of: $0, to: device) }
    return refusal
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
