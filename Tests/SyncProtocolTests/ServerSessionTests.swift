import Causality
import Documents
import SyncProtocol
import TestSupport
import Testing

/// A server session and the trace of what it asked for.
private struct Server {
  var session = ServerSession()
  private(set) var trace: [String] = []
  private(set) var reply: SyncReply?
  private(set) var push: ServerSession.Push?
  private(set) var refusal: SyncRefusal?

  mutating func handle(_ event: ServerSession.Event) {
    let effect = session.handle(event)
    if case .answer(let reply) = effect { self.reply = reply }
    if case .acceptPush(let push) = effect { self.push = push }
    if case .refuse(let refusal) = effect { self.refusal = refusal }
    trace.append(Self.line(effect))
  }

  mutating func receive(_ change: (inout SyncRequest) -> Void = { _ in }) {
    var request = Samples.request()
    change(&request)
    handle(.received(request))
  }

  mutating func state(
    base: VersionVector? = Samples.knows(1, 1), account: UniqueID = Samples.account,
    replicas: [ReplicaID] = [Samples.laptop], staged: Int = 0, agrees: Bool? = true,
    _ change: (inout ServerSession.State) -> Void = { _ in }
  ) {
    var state = ServerSession.State(
      server: Samples.server, account: account, knowledge: Samples.knows(1, 4), history: "s",
      now: Samples.now, base: base, replicas: replicas, stagedPageCount: staged)
    state.agrees = agrees
    change(&state)
    handle(.state(state))
  }

  mutating func cut(_ page: PullPage) {
    handle(
      .pullCut(
        ServerSession.PullCut(
          parts: [Samples.part(3)], runs: [Samples.run(2)], page: page,
          knowledge: Samples.knows(3, 4), history: "t")))
  }

  private static func line(_ effect: ServerSession.Effect) -> String {
    switch effect {
    case .readState: "read state"
    case .adopt: "adopt"
    case .stagePush(let push): "stage page \(push.page)"
    case .acceptPush(let push):
      "accept \(push.changes.parts.count) parts up to \(push.changes.upTo[Samples.laptop])"
    case .cutPull(let pull, _): "cut pull from \(pull.cursor.map { "\($0.position)" } ?? "start")"
    case .answer(let reply):
      reply.nextPushPage.map { "answer: next page \($0)" }
        ?? "answer: page of \(reply.parts.count)"
    case .refuse(let refusal): "refuse \(refusal.code.rawValue)"
    }
  }
}

struct ServerSessionTests {
  private let page = PullPage(cursor: Samples.cursor(9), isLast: true)

  @Test func `one page each way is accepted, then answered`() {
    var server = Server()
    server.receive()
    server.state()
    server.handle(.accepted)
    server.cut(page)
    #expect(
      server.trace == [
        "read state", "accept 2 parts up to 3", "cut pull from 4", "answer: page of 1",
      ])
    #expect(server.push?.changes.since == Samples.knows(1, 1))
    #expect(server.push?.changes.upTo == Samples.knows(3, 1))
    #expect(server.push?.changes.runs == [Samples.run(3)])
    #expect(server.push?.history == "ab" && server.push?.replicas == [Samples.laptop])
    let reply = server.reply
    #expect(reply.map { Samples.knows(1, 1).applying($0.knowledge) } == Samples.knows(3, 4))
    #expect(reply?.history == "t" && reply?.server == Samples.server)
    #expect(reply?.runs == [Samples.run(2)] && reply?.pull?.cursor == Samples.cursor(9))
    #expect(reply?.now == Samples.now)
  }

  @Test func `a page of a push that goes on is staged and asks for the next`() {
    var server = Server()
    server.receive { $0.push = PushPosition(token: 1, page: 2, isLast: false) }
    server.state(staged: 2)
    server.handle(.staged)
    #expect(server.trace == ["read state", "stage page 2", "answer: next page 3"])
    #expect(server.reply?.pull == nil && server.reply?.parts.isEmpty == true)
    #expect(server.reply?.history == "s")
  }

  @Test func `the last page is accepted together with those that were staged`() {
    var server = Server()
    server.receive { $0.push = PushPosition(token: 1, page: 2, isLast: true) }
    server.state(staged: 2)
    server.handle(.accepted)
    #expect(
      server.trace == [
        "read state", "accept 2 parts up to 3", "cut pull from 4",
      ])
    #expect(server.push?.position == PushPosition(token: 1, page: 2, isLast: true))
  }

  /// A copy of the laptop may have gone on with the same push.
  @Test(arguments: [true, false])
  func `a page that comes behind another than the last one kept is refused`(isLast: Bool) {
    for (after, isTaken) in [("d", true), ("e", false)] {
      var server = Server()
      server.receive {
        $0.push = PushPosition(token: 1, page: 2, isLast: isLast)
        $0.push?.after = after
      }
      server.state(staged: 2) { $0.stagedDigest = "d" }
      #expect(server.trace.contains("refuse push_restart") != isTaken)
    }
  }

  @Test(arguments: [(1, 0), (2, 1), (1, 2), (3, 2), (0, 3)])
  func `a page out of order is refused, with the number of the next`(page: Int, staged: Int) {
    for isLast in [true, false] {
      var server = Server()
      server.receive { $0.push = PushPosition(token: 1, page: page, isLast: isLast) }
      server.state(staged: staged) { $0.stagedDigest = "d" }
      #expect(server.trace == ["read state", "refuse push_restart"])
      #expect(server.refusal?.nextPushPage == staged && server.refusal?.keptDigest == "d")
      #expect(server.refusal?.knowledge == Samples.knows(1, 4))
    }
  }

  @Test func `the question for the next page is always refused`() {
    var server = Server()
    server.receive { $0.push = .question(1) }
    server.state(staged: 3, agrees: nil)
    #expect(server.trace == ["read state", "refuse push_restart"])
    #expect(server.refusal?.nextPushPage == 3)
  }

  @Test func `a request that only pulls is answered without a push`() {
    var server = Server()
    server.receive { $0.push = nil }
    server.state()
    server.cut(PullPage(cursor: Samples.cursor(6), isLast: false))
    #expect(server.trace == ["read state", "cut pull from 4", "answer: page of 1"])
    #expect(server.reply?.pull?.isLast == false)
    #expect(server.push == nil)
  }

  @Test func `an unknown base is refused with the server's knowledge`() throws {
    var server = Server()
    server.receive()
    let effect = server.session.handle(
      .state(
        ServerSession.State(
          server: Samples.server, account: Samples.account, knowledge: Samples.knows(1, 4),
          history: "s", now: 1, base: nil, replicas: [Samples.laptop], stagedPageCount: 0)))
    guard case .refuse(let refusal) = effect else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == .unknownBase && refusal.knowledge == Samples.knows(1, 4))
  }

  @Test func `a device of another account is refused`() {
    var server = Server()
    server.receive()
    server.state(account: .sample(77))
    #expect(server.trace == ["read state", "refuse foreign_account"])
  }

  @Test func `a push that is meant for another server is refused before anything is taken`() {
    var server = Server()
    server.receive { $0.server = .sample(77) }
    server.state()
    #expect(server.trace == ["read state", "refuse foreign_account"])
    var own = Server()
    own.receive { $0.server = Samples.server }
    own.state()
    #expect(own.push != nil)
  }

  @Test func `who knows the server from before it was reset is told`() {
    var server = Server()
    server.receive { $0.server = .sample(77) }
    server.state { $0.formerServers = [.sample(77)] }
    #expect(server.trace == ["read state", "refuse server_reset"])
  }

  @Test func `a last page that pulls nothing is accepted and answered`() {
    var server = Server()
    server.receive { $0.pull = nil }
    server.state()
    server.handle(.accepted)
    #expect(server.trace.last == "answer: page of 0")
    #expect(server.reply?.pull == nil)
  }

  @Test func `a replica that the device does not write as is refused`() {
    var server = Server()
    server.receive()
    server.state(replicas: [Samples.hub])
    #expect(server.trace == ["read state", "refuse foreign_transactions"])
  }

  @Test func `a replica of which nobody knows is taken over as the device's`() {
    var server = Server()
    server.receive()
    server.state(replicas: [Samples.hub]) { $0.free = [Samples.laptop] }
    server.handle(.adopted)
    #expect(server.trace == ["read state", "adopt", "accept 2 parts up to 3"])
    #expect(server.push?.replicas == [Samples.hub, Samples.laptop])
  }

  @Test func `only replicas of the device are retired`() {
    var server = Server()
    server.receive { $0.former = [.sample(8), .sample(9)] }
    server.state(replicas: [Samples.laptop, .sample(8)])
    #expect(server.push?.former == [.sample(8)])
  }

  @Test(arguments: [(false as Bool?, "histories_differ"), (nil, "server_behind")])
  func `nothing is exchanged before the histories agree`(agrees: Bool?, refusal: String) {
    for page in [(0, true), (0, false), (2, true)] {
      var server = Server()
      server.receive { $0.push = PushPosition(token: 1, page: page.0, isLast: page.1) }
      server.state(staged: 2, agrees: agrees) { $0.isRetired = true }
      #expect(server.trace == ["read state", "refuse \(refusal)"])
    }
    var middle = Server()
    middle.receive { $0.push = PushPosition(token: 1, page: 2, isLast: false) }
    middle.state(staged: 2, agrees: agrees)
    #expect(middle.trace == ["read state", "stage page 2"])
  }

  @Test func `a replica that is retired or older than it was takes a new id`() {
    let changes: [(inout ServerSession.State) -> Void] = [
      { $0.isRetired = true }, { $0.knowledge = Samples.knows(4, 4) },
      { $0.declared = Samples.knows(3, 2) },
    ]
    for change in changes {
      var server = Server()
      server.receive()
      server.state(change)
      #expect(server.trace == ["read state", "refuse new_identity"])
    }
    var same = Server()
    same.receive()
    same.state { $0.declared = Samples.knows(3, 1) }
    #expect(same.push != nil)
  }

  @Test func `a cursor of another feed is refused before the push is taken`() {
    var server = Server()
    server.receive()
    server.state { $0.isCursorValid = false }
    #expect(server.trace == ["read state", "refuse cursor_gone"])
  }

  @Test func `a request that neither pushes nor pulls is refused`() {
    var server = Server()
    server.receive {
      $0.push = nil
      $0.pull = nil
    }
    server.state()
    #expect(server.trace == ["read state", "refuse malformed"])
  }

  @Test func `what the host cannot do is refused in its words`() {
    var server = Server()
    server.receive()
    server.state()
    server.handle(.refused(SyncRefusal(.serverBehind, "", knowledge: Samples.knows(0))))
    #expect(server.trace.last == "refuse server_behind")
  }

  @Test func `events before a request are refused`() {
    for event in [ServerSession.Event.staged, .accepted] {
      var server = Server()
      server.handle(event)
      #expect(server.trace == ["refuse unavailable"])
    }
  }
}
