import API
import Causality
import Clinic
import CommandLineTool
import Control
import Documents
import HTTP
import JSON
import Laptop
import Platform
import Replica
import Storage

/// What the process that owns a store answers: commands of other programs on its socket, and the API of the
/// machine, on its socket and on loopback.
struct LocalHandler: HTTPHandler {
  /// Tells of answers from a store how old it may be: the time of the last complete sync.
  private static let asOfHeader = "Satchel-As-Of"
  /// What the socket's requests come from: only the store's user can open it.
  private static let socketPeer = "unix"

  private let control: ControlHandler
  private let runner: CommandRunner
  private let api: ClinicAPI
  private let noteWrite: @Sendable () -> Void
  /// What requests on loopback carry; nil where nothing listens there.
  private let token: String?

  init(
    control: ControlHandler, runner: CommandRunner, token: String?,
    noteWrite: @escaping @Sendable () -> Void
  ) {
    (self.control, self.runner, self.token) = (control, runner, token)
    api = ClinicAPI(
      runner.replica.catalogue, of: "satchel-syncd",
      adding: [HealthRoute.route] + SyncRoutes(runner).routes)
    self.noteWrite = noteWrite
  }

  func admit(_ head: HTTPRequest) -> HTTPAdmission {
    if head.peer == Self.socketPeer, head.path == ControlCall.path { return control.admit(head) }
    let route: RouteAdmission
    do throws(APIError) {
      if head.peer != Self.socketPeer { try LocalOrigin.require(head) }
      route = try api.admission(head)
    } catch {
      return .refuse(error.response)
    }
    if route.isOpen { return .accept(maximumBodyByteCount: 0) }
    guard head.peer == Self.socketPeer || hasToken(head) else {
      let advice = "the token is in the file api.token of the store"
      return .refuse(APIError(401, "unauthorized", advice).response)
    }
    return .accept(maximumBodyByteCount: route.maximumBodyByteCount)
  }

  private func hasToken(_ head: HTTPRequest) -> Bool {
    guard let token, let given = head.headers["Authorization"], given.hasPrefix("Bearer ") else {
      return false
    }
    return equalInConstantTime(Array(given.dropFirst("Bearer ".count).utf8), Array(token.utf8))
  }

  func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
    if request.path == ControlCall.path { return control.handle(request, reply) }
    reply.send(answer(request))
  }

  private func answer(_ request: HTTPRequest) -> HTTPResponse {
    if let answer = api.answerOpenly(request) { return answer }
    do throws(APIError) { try requirePerson(request) } catch { return error.response }
    let before = runner.ownTransactionCount
    var response = api.answer(request, by: caller, on: runner.replica)
    note(request, response)
    if runner.ownTransactionCount != before { noteWrite() }
    if let time = runner.laptop.syncState?.lastSuccess {
      response.headers.set(Self.asOfHeader, Timestamp.text(milliseconds: time))
    }
    return response
  }

  /// What is remembered of a request: reads, searches and decisions; what was written is in the history.
  private func note(_ request: HTTPRequest, _ response: HTTPResponse) {
    let kind = RequestKind(request)
    guard response.status < 400, [.read, .list, .search, .reviewDecision].contains(kind),
      request.segments.prefix(2) != ["api", "sync"]
    else { return }
    let replica = runner.replica
    replica.audit.note(
      LocalAudit.Entry(
        kind.rawValue, user: replica.reader, ids: RequestKind.references(in: request),
        details: ["type": .string((try? api.admission(request))?.path ?? "none")]),
      at: replica.now())
  }

  /// - Throws: 401 where people share the laptop and none is logged in; 403 for what somebody may not do who only
  ///   reads.
  private func requirePerson(_ request: HTTPRequest) throws(APIError) {
    // How syncs go shows nothing of patients.
    if request.segments.prefix(2) == ["api", "sync"] { return }
    let (people, now) = (runner.replica.people, runner.replica.now())
    switch people.standing(at: now) {
    case .unshared: return
    case .locked: throw APIError(401, "locked", "nobody is logged in: satchel login EMAIL")
    case .emergency where !["GET", "HEAD"].contains(request.method):
      throw .forbidden("in an emergency documents are only read")
    case .open, .emergency: people.touch(at: now)
    }
  }

  /// Who sits at the machine: who has logged in, else the user for whom it is enrolled. Before that it is its own
  /// clinic.
  private var caller: Caller {
    guard let user = runner.replica.author.user else {
      return Caller(user: nil, role: .owner)
    }
    let document = try? runner.replica.document(DocumentKey(type: "user", id: user))
    let role = document.flatMap { runner.replica.view($0)["role"]?.stringValue }
    // Before the first sync nobody here knows what the user may do.
    return Caller(user: user, role: role.flatMap(Role.init) ?? .officeStaff)
  }
}
