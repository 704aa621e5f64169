import Causality
import Documents
import SyncProtocol
import TestSupport
import Testing

/// A push that was cut off, and what the next session does about it.
struct PushContinuationTests {
  @Test func `a push whose pages are gone begins anew under another token`() {
    var client = Client()
    client.cut([1], head: false)
    client.kept(next: 1)
    client.cut([2], position: 13)
    client.handle(.refused(SyncRefusal(.pushRestart, "")))
    client.begin(underWay: note(7))
    client.handle(.refused(refusal(next: 1, kept: "d0")))
    client.cut([2], position: 13)
    client.handle(.refused(SyncRefusal(.pushRestart, "")))
    client.cut([1], head: false)
    #expect(
      client.trace == [
        "cut push since 1/1 after 10", "send push 7.0 with 1", "cut push since 1/1 after 12",
        "send push 7.1 last with 1 pull since own from 5", "again", "send question 7",
        "cut push since 1/1 after 12", "send push 7.1 last with 1 pull since own from 5",
        "cut push since 1/1 after 10", "send push 8.0 with 1",
      ])
  }

  /// Found by `satchel-sim --seed 5551`: a laptop that rebuilt an emptied server sent everything twice.
  @Test func `a cursor that is gone costs only the last page of a push`() {
    var client = Client()
    client.cut([1, 2], head: false)
    client.kept(next: 1)
    client.cut([3], position: 13)
    client.handle(.refused(SyncRefusal(.cursorGone, "")))
    client.cut([3], position: 13)
    client.pulled(3)
    #expect(
      client.trace.dropFirst(2) == [
        "cut push since 1/1 after 12", "send push 7.1 last with 1 pull since own from 5",
        "drop staged pull", "cut push since 1/1 after 12",
        "send push 7.1 last with 1 pull since own from start",
        "apply 0 pages and the last, since 3/1, up to 3/9, cursor 3, pushed 13",
      ])
    #expect(client.session.pushedCount == 3)
  }

  /// Page 1 of a push was sent, from place 12 to 14, when the laptop knew 3/1.
  private func note(_ token: UInt64) -> PushNote {
    var note = PushNote(
      replica: Samples.laptop, token: token, base: Samples.knows(1, 1), isWhole: false, page: 1,
      from: 12, upTo: 14, knowledge: Samples.knows(3, 1), history: "h14")
    (note.digest, note.previousDigest) = ("d1", "d0")
    return note
  }

  private func refusal(
    next: Int?, kept: String?, knowledge: VersionVector = Samples.knows(1, 4)
  ) -> SyncRefusal {
    var refusal = SyncRefusal(.pushRestart, "", knowledge: knowledge)
    (refusal.nextPushPage, refusal.keptDigest) = (next, kept)
    return refusal
  }

  @Test(arguments: [
    (2, "d1", "cut push since 1/1 after 14", "send push 9.2 with 1"),
    (1, "d0", "cut push since 1/1 after 12", "send push 9.1 with 1"),
    (2, "d0", "cut push since 0/1 after 3", "send push 7.0 with 1"),
    (1, "d1", "cut push since 0/1 after 3", "send push 7.0 with 1"),
    (3, "d1", "cut push since 0/1 after 3", "send push 7.0 with 1"),
    (0, nil, "cut push since 0/1 after 3", "send push 7.0 with 1"),
    (nil, nil, "cut push since 0/1 after 3", "send push 7.0 with 1"),
  ])
  func `a push that was cut off goes on behind the last page that is kept of it`(
    next: Int?, kept: String?, cut: String, sent: String
  ) {
    var client = Client(base: Samples.knows(0, 1), pushedUpTo: 3, underWay: note(9))
    client.handle(.refused(refusal(next: next, kept: kept)))
    client.cut([1], head: false, position: 17)
    #expect(client.trace == ["send question 9", cut, sent])
    let question = client.requests[0]
    #expect(question.base == Samples.codec.digest(of: Samples.knows(1, 1)))
    #expect(Samples.knows(1, 1).applying(question.knowledge) == Samples.knows(3, 1))
    #expect(question.history == "h3" && question.server == Samples.server)
    #expect(question.pull == nil && question.runs.isEmpty)
  }

  /// What stands before place 3 was agreed with another base.
  @Test func `a push that went on from another base and begins anew leaves nothing out`() {
    var client = Client(base: Samples.knows(0, 1), pushedUpTo: 3, underWay: note(9))
    client.handle(.refused(refusal(next: 2, kept: "d1")))
    client.cut([1], head: false, position: 17)
    client.handle(.refused(SyncRefusal(.pushRestart, "")))
    client.begin(base: Samples.knows(0, 1), pushedUpTo: 3, underWay: note(9))
    client.handle(.refused(refusal(next: 2, kept: "d1")))
    client.cut([1], head: false, position: 17)
    client.handle(.refused(SyncRefusal(.pushRestart, "")))
    #expect(client.trace.last == "cut push since 1/1 after 0")
  }

  @Test func `a first page that never arrived is sent under the same token`() {
    var note = note(9)
    (note.page, note.previousDigest) = (0, "")
    var client = Client(base: Samples.knows(0, 1), pushedUpTo: 3, underWay: note)
    client.handle(.refused(refusal(next: 0, kept: nil)))
    client.cut([1], head: false, position: 17)
    #expect(
      client.trace == ["send question 9", "cut push since 1/1 after 12", "send push 9.0 with 1"])
  }

  @Test func `a push that the server has accepted is not sent again`() {
    var client = Client(base: Samples.knows(0, 1), pushedUpTo: 3, underWay: note(9))
    client.handle(.refused(refusal(next: 0, kept: nil, knowledge: Samples.knows(3, 5))))
    client.cut([], knowledge: Samples.knows(3, 1))
    #expect(
      client.trace == [
        "send question 9", "cut push since 3/5 after 14", "send all with 0 pull since own from 5",
      ])
    #expect(client.requests[1].base == Samples.codec.digest(of: Samples.knows(3, 5)))
    #expect(client.requests[1].server == Samples.server)
  }

  @Test func `each page of a push is noted with the place where it began and ended`() {
    var client = Client()
    client.cut([1, 2], head: false, position: 12)
    client.kept(next: 1)
    client.cut([3], position: 13)
    #expect(client.notes.map(\.page) == [0, 1])
    #expect(client.notes.map(\.from) == [10, 12] && client.notes.map(\.upTo) == [12, 13])
    #expect(client.notes.allSatisfy { $0.token == 7 && $0.base == Samples.knows(1, 1) })
    #expect(client.notes.last?.knowledge == Samples.knows(3, 1))
    #expect(client.notes.last?.history == "h13")
  }

  @Test func `a push of one page is noted once it is accepted, if the pull goes on`() {
    var client = Client()
    client.cut([1], position: 12)
    client.pulled(6, last: false)
    client.handle(.staged)
    client.pulled(7, last: false)
    #expect(
      client.trace.dropFirst(2) == [
        "note accepted up to 12", "stage page 1 since 3/1 to 6", "send pull since own from 6",
        "stage page 2 since 3/1 to 7",
      ])
  }

  @Test func `a push of another id, or of parts before whole documents, is not gone on with`() {
    var other = note(9)
    other.replica = .sample(77)
    #expect(Client(underWay: other).trace == ["cut push since 1/1 after 10"])
    #expect(
      Client(isWhole: true, underWay: note(9)).trace == ["cut whole push since 1/1 after 0"])
  }

  @Test func `under a new id only the pages that are kept say what the server has`() {
    var whole = note(9)
    whole.isWhole = true
    var client = Client(isWhole: true, underWay: whole)
    client.handle(.refused(refusal(next: 0, kept: nil, knowledge: Samples.knows(3, 5))))
    #expect(client.trace == ["send question 9", "cut whole push since 1/1 after 0"])
  }
}
