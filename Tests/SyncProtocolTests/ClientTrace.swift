import Causality
import Documents
import SyncProtocol
import TestSupport

/// A client session and the trace of what it asked for.
struct Client {
  var session = ClientSession(codec: Samples.codec)
  var trace: [String] = []
  private(set) var requests: [SyncRequest] = []
  private(set) var notes: [PushNote] = []
  private(set) var end: ClientSession.PullEnd?

  init(
    base: VersionVector = Samples.knows(1, 1), pushedUpTo: UInt64 = 10,
    staged: ClientSession.StagedPull? = nil, isWhole: Bool = false, underWay: PushNote? = nil
  ) {
    begin(
      base: base, pushedUpTo: pushedUpTo, staged: staged, isWhole: isWhole, underWay: underWay)
  }

  mutating func begin(
    base: VersionVector = Samples.knows(1, 1), pushedUpTo: UInt64 = 10,
    staged: ClientSession.StagedPull? = nil, isWhole: Bool = false, underWay: PushNote? = nil
  ) {
    var start = ClientSession.Start(
      replica: Samples.laptop, account: Samples.account, server: Samples.server, base: base,
      pushedUpTo: pushedUpTo, pullCursor: Samples.cursor(5), staged: staged, token: 7)
    start.isWhole = isWhole
    start.former = isWhole ? [.sample(8)] : []
    start.wanted = [Samples.part(40).key]
    start.pushUnderWay = underWay.map {
      ClientSession.PushUnderWay(note: $0, knowledge: Samples.knows(3, 1), history: "h3")
    }
    handle(.begin(start))
  }

  mutating func handle(_ event: ClientSession.Event) {
    for effect in session.handle(event) {
      trace.append(Self.line(effect))
      if case .send(let request) = effect { requests.append(request) }
      if case .sendPage(let request, let note) = effect {
        requests.append(request)
        notes.append(note)
      }
      if case .applyPull(let end) = effect { self.end = end }
    }
  }

  /// A page of what the server lacks.
  mutating func cut(
    _ documents: [Int] = [], head: Bool = true, position: UInt64 = 12,
    knowledge: VersionVector = Samples.knows(3, 1), missing: [DocumentKey] = []
  ) {
    var cut = ClientSession.PushCut(
      parts: documents.map(Samples.part), runs: head ? [Samples.run(3)] : [],
      position: position, isHead: head, knowledge: knowledge, history: "h\(position)")
    cut.missing = missing
    handle(.pushCut(cut))
  }

  mutating func kept(next page: Int) {
    var reply = Samples.reply()
    (reply.nextPushPage, reply.pull, reply.parts, reply.runs) = (page, nil, [], [])
    handle(.replied(reply))
  }

  mutating func pulled(
    _ position: UInt64, last: Bool = true, server: UniqueID = Samples.server,
    wanted: [DocumentKey] = []
  ) {
    var reply = Samples.reply()
    reply.server = server
    reply.pull = PullPage(cursor: Samples.cursor(position), isLast: last)
    reply.wanted = wanted
    handle(.replied(reply))
  }

  private static func line(_ effect: ClientSession.Effect) -> String {
    switch effect {
    case .cutPush(let request):
      "cut \(request.isWhole ? "whole " : "")push since \(text(request.since)) after \(request.after)"
        + (request.supply.isEmpty ? "" : " and \(request.supply.count) wanted")
    case .notePushed: "note pushed"
    case .agreeOnNames: "agree on names"
    case .takeNewID: "take new id"
    case .restamp(let now, let known): "restamp at \(now) what \(text(known)) lacks"
    case .again: "again"
    case .shrinkPages: "shrink pages"
    case .startOver(let refusal): "start over at \(refusal.server == Samples.server)"
    case .send(let request), .sendPage(let request, _): "send" + text(request)
    case .noteAccepted(let note): "note accepted up to \(note.upTo)"
    case .dropStagedPull: "drop staged pull"
    case .stagePull(let staged):
      "stage page \(staged.pageCount) since \(text(staged.since)) to \(staged.cursor.position)"
    case .applyPull(let end):
      "apply \(end.stagedPageCount) pages and the last, since \(text(end.since)), "
        + "up to \(text(end.upTo)), cursor \(end.cursor?.position ?? 0), pushed \(end.pushedUpTo)"
    case .finish: "finish"
    case .fail(let refusal): "fail \(refusal.code.rawValue)"
    }
  }

  private static func text(_ knowledge: VersionVector) -> String {
    "\(knowledge[Samples.laptop])/\(knowledge[Samples.hub])"
  }

  private static func text(_ request: SyncRequest) -> String {
    let push = request.push.map { push -> String in
      if push == .question(push.token) { return " question \(push.token)" }
      return
        (push == .whole
        ? " all" : " push \(push.token).\(push.page)\(push.isLast ? " last" : "")")
        + " with \(request.parts.count)"
    }
    let pull = request.pull.map { pull in
      " pull since \(pull.since.map(text) ?? "own") from \(pull.cursor.map { "\($0.position)" } ?? "start")"
    }
    return (push ?? "") + (pull ?? "")
  }
}
