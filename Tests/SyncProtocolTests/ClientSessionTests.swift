import Causality
import Documents
import SyncProtocol
import TestSupport
import Testing

struct ClientSessionTests {
  @Test func `a sync of nothing is one request`() {
    var client = Client(base: Samples.knows(3, 9))
    client.cut(knowledge: Samples.knows(3, 9))
    client.pulled(5)
    client.handle(.applied)
    #expect(
      client.trace == [
        "cut push since 3/9 after 10", "send all with 0 pull since own from 5",
        "apply 0 pages and the last, since 3/9, up to 3/9, cursor 5, pushed 12", "finish",
      ])
    #expect(client.requests[0].knowledge.isEmpty)
    #expect(client.requests[0].base == Samples.codec.digest(of: Samples.knows(3, 9)))
    #expect(client.session.pushedCount == 0)
  }

  @Test func `one page each way is one request`() {
    var client = Client()
    client.cut([1, 2])
    client.pulled(8)
    client.handle(.applied)
    #expect(
      client.trace == [
        "cut push since 1/1 after 10", "send all with 2 pull since own from 5",
        "apply 0 pages and the last, since 3/1, up to 3/9, cursor 8, pushed 12", "finish",
      ])
    let request = client.requests[0]
    #expect(Samples.knows(1, 1).applying(request.knowledge) == Samples.knows(3, 1))
    #expect(request.runs == [Samples.run(3)] && request.history == "h12")
    #expect(request.replica == Samples.laptop && request.server == Samples.server)
    #expect(request.account == Samples.account)
    #expect(client.end?.lastPage.parts.count == 1)
    #expect(client.session.pushedCount == 2)
  }

  @Test func `a push of three pages pulls with the last only`() {
    var client = Client()
    client.cut([1, 2], head: false, position: 12)
    client.kept(next: 1)
    client.cut([3], head: false, position: 13)
    client.kept(next: 2)
    client.cut([4], position: 14)
    client.pulled(8)
    client.handle(.applied)
    #expect(
      client.trace == [
        "cut push since 1/1 after 10", "send push 7.0 with 2", "cut push since 1/1 after 12",
        "send push 7.1 with 1", "cut push since 1/1 after 13",
        "send push 7.2 last with 1 pull since own from 5",
        "apply 0 pages and the last, since 3/1, up to 3/9, cursor 8, pushed 14", "finish",
      ])
    #expect(client.session.pushedCount == 4)
  }

  @Test func `a pull of three pages stages two and applies all at once`() {
    var client = Client()
    client.cut([1])
    client.pulled(6, last: false)
    client.handle(.staged)
    client.pulled(7, last: false)
    client.handle(.staged)
    client.pulled(8)
    client.handle(.applied)
    #expect(
      client.trace == [
        "cut push since 1/1 after 10", "send all with 1 pull since own from 5",
        "note accepted up to 12", "stage page 1 since 3/1 to 6", "send pull since own from 6",
        "stage page 2 since 3/1 to 7", "send pull since own from 7",
        "apply 2 pages and the last, since 3/1, up to 3/9, cursor 8, pushed 12", "finish",
      ])
    #expect(client.requests.last?.parts.isEmpty == true)
    #expect(client.requests.last?.runs.isEmpty == true)
  }

  @Test func `a pull that was cut off goes on where it was staged`() {
    let staged = ClientSession.StagedPull(
      since: Samples.knows(2, 1), cursor: Samples.cursor(7), pageCount: 2)
    var client = Client(staged: staged)
    client.cut()
    client.pulled(8, last: false)
    client.handle(.staged)
    client.pulled(9)
    #expect(
      client.trace == [
        "cut push since 1/1 after 10", "send all with 0 pull since 2/1 from 7",
        "stage page 3 since 2/1 to 8", "send pull since 2/1 from 8",
        "apply 3 pages and the last, since 2/1, up to 3/9, cursor 9, pushed 12",
      ])
  }

  @Test func `a pull that cannot go on drops what was staged and begins anew`() {
    let staged = ClientSession.StagedPull(
      since: Samples.knows(2, 1), cursor: Samples.cursor(7), pageCount: 2)
    var client = Client(staged: staged)
    client.cut()
    client.handle(.refused(SyncRefusal(.cursorGone, "")))
    client.cut()
    client.pulled(3)
    #expect(
      client.trace.dropFirst(2) == [
        "drop staged pull", "cut push since 1/1 after 10",
        "send all with 0 pull since own from start",
        "apply 0 pages and the last, since 3/1, up to 3/9, cursor 3, pushed 12",
      ])
  }

  @Test(arguments: [
    (SyncRefusal.Code.historiesDiffer, "agree on names"), (.newIdentity, "take new id"),
    (.clock, "restamp at 77 what 1/2 lacks"), (.tooLarge, "shrink pages"),
  ])
  func `what can be put right is put right, then all begins anew`(
    code: SyncRefusal.Code, effect: String
  ) {
    var client = Client()
    client.cut([1])
    client.handle(.refused(SyncRefusal(code, "", knowledge: Samples.knows(1, 2), now: 77)))
    client.begin(base: Samples.knows(0, 1), pushedUpTo: 3)
    client.cut([1])
    client.pulled(8)
    #expect(
      client.trace.dropFirst(2) == [
        effect, "cut push since 0/1 after 3", "send all with 1 pull since own from 5",
        "apply 0 pages and the last, since 3/1, up to 3/9, cursor 8, pushed 12",
      ])
  }

  @Test func `what refusals have told is not forgotten where all begins anew`() {
    var client = Client()
    client.cut()
    client.handle(.refused(SyncRefusal(.cursorGone, "")))
    client.cut()
    client.handle(.refused(SyncRefusal(.unknownBase, "", knowledge: Samples.knows(0, 2))))
    client.cut()
    client.handle(.refused(SyncRefusal(.clock, "", knowledge: Samples.knows(0, 2), now: 77)))
    client.begin()
    client.cut()
    #expect(
      client.trace.suffix(3) == [
        "restamp at 77 what 0/2 lacks", "cut push since 0/2 after 0",
        "send all with 0 pull since own from start",
      ])
  }

  @Test func `a server that was reset makes the laptop start over`() {
    var client = Client()
    client.cut()
    client.handle(
      .refused(
        SyncRefusal(.serverReset, "", knowledge: Samples.knows(1), server: Samples.server)))
    #expect(client.trace.last == "start over at true")
    var other = Client()
    other.cut()
    other.handle(.refused(SyncRefusal(.serverReset, "", knowledge: Samples.knows(1))))
    #expect(other.trace.last == "fail server_reset")
  }

  @Test func `histories that turn out to differ at the end of a pull are compared`() {
    var client = Client()
    client.cut()
    client.pulled(8)
    client.handle(.refused(SyncRefusal(.historiesDiffer, "")))
    #expect(client.trace.last == "agree on names")
  }

  @Test func `under a new id all changed documents travel whole until a push is acknowledged`() {
    var client = Client(isWhole: true)
    client.cut([1])
    #expect(client.requests.last?.former == [.sample(8)])
    client.pulled(6, last: false)
    client.handle(.staged)
    client.pulled(8)
    #expect(
      client.trace == [
        "cut whole push since 1/1 after 0", "send all with 1 pull since own from 5",
        "note accepted up to 12", "note pushed", "stage page 1 since 3/1 to 6",
        "send pull since own from 6",
        "apply 1 pages and the last, since 3/1, up to 3/9, cursor 8, pushed 12",
      ])
    #expect(client.requests.last?.former == [])
  }

  @Test func `what the server wants is sent once`() {
    var client = Client()
    client.cut()
    #expect(client.requests.last?.wanted == [Samples.part(40).key])
    client.pulled(8, wanted: [Samples.part(41).key, Samples.part(42).key])
    client.handle(.applied)
    client.begin()
    client.cut(missing: [Samples.part(42).key])
    #expect(client.requests.last?.missing == [Samples.part(42).key])
    client.pulled(9, wanted: [Samples.part(41).key])
    client.handle(.applied)
    #expect(
      client.trace.dropFirst(3) == [
        "again", "cut push since 1/1 after 10 and 2 wanted",
        "send all with 0 pull since own from 5",
        "apply 0 pages and the last, since 3/1, up to 3/9, cursor 9, pushed 12", "finish",
      ])
  }

  @Test(arguments: [SyncRefusal.Code.unknownBase, .serverBehind])
  func `a server that knows something else is sent all that it lacks`(code: SyncRefusal.Code) {
    var client = Client()
    client.cut([1])
    client.handle(.refused(SyncRefusal(code, "", knowledge: Samples.knows(0, 1))))
    client.cut([1, 2, 3])
    client.pulled(8)
    #expect(
      client.trace == [
        "cut push since 1/1 after 10", "send all with 1 pull since own from 5",
        "cut push since 0/1 after 0", "send all with 3 pull since own from 5",
        "apply 0 pages and the last, since 3/1, up to 3/9, cursor 8, pushed 12",
      ])
    #expect(client.requests.last?.base == Samples.codec.digest(of: Samples.knows(0, 1)))
    #expect(client.session.pushedCount == 3)
  }

  @Test func `a server that refuses again and again is given up`() {
    var client = Client()
    for _ in 0..<9 {
      client.cut()
      client.handle(.refused(SyncRefusal(.pushRestart, "")))
    }
    #expect(client.trace.filter { $0.hasPrefix("send") }.count == 9)
    #expect(client.trace.last == "fail push_restart")
  }

  @Test(arguments: [
    SyncRefusal.Code.malformed, .foreignTransactions, .foreignAccount, .recoveryClosed,
    .unauthorized, .revoked, .userDisabled, .accountSuspended, .forbidden, .unavailable,
  ])
  func `any other refusal ends the session`(code: SyncRefusal.Code) {
    var client = Client()
    client.cut()
    client.handle(.refused(SyncRefusal(code, "", knowledge: Samples.knows(1))))
    #expect(client.trace.last == "fail \(code.rawValue)")
  }

  @Test func `a refusal that lacks the knowledge ends the session`() {
    var client = Client()
    client.cut()
    client.handle(.refused(SyncRefusal(.unknownBase, "")))
    #expect(client.trace.last == "fail unknown_base")
  }

  @Test func `another server at the same address is not obeyed`() {
    var client = Client()
    client.cut()
    client.pulled(8, server: .sample(99))
    #expect(client.trace.last == "fail foreign_account")
    #expect(client.end == nil)
  }

  @Test func `an answer without a page ends the session`() {
    var client = Client()
    client.cut()
    client.kept(next: 1)
    #expect(client.trace.last == "fail malformed")
  }

  @Test func `a pull is not believed before the push is complete`() {
    var client = Client()
    client.cut([1], head: false)
    client.pulled(8)
    #expect(client.trace.last == "fail malformed")
    #expect(client.end == nil)
  }

  @Test(arguments: [true, false])
  func `an answer that does not know what was pushed is an earlier one's`(isLast: Bool) {
    var client = Client(isWhole: true)
    client.cut([1], knowledge: Samples.knows(4, 1))
    client.pulled(8, last: isLast)
    #expect(client.trace.suffix(2).first?.hasPrefix("send") == true)
    #expect(client.trace.last == "fail unavailable")
    #expect(client.end == nil)
  }

  @Test func `pages that were staged before a refusal are used after it`() {
    var client = Client()
    client.cut()
    client.pulled(6, last: false)
    client.handle(.staged)
    client.handle(.refused(SyncRefusal(.unknownBase, "", knowledge: Samples.knows(1, 1))))
    client.cut()
    client.pulled(8)
    #expect(
      client.trace.suffix(3) == [
        "cut push since 1/1 after 0", "send all with 0 pull since own from 6",
        "apply 1 pages and the last, since 3/1, up to 3/9, cursor 8, pushed 12",
      ])
  }
}
