import Causality
import Clinic
import Documents
import JSON
import ReplicaTestSupport
import Testing

@testable import Replica

/// Items are settled on one laptop and cleared on all.
@Suite struct ResolvingTests {
  /// What two people did, and the item that came of it, on every laptop.
  private struct Meeting {
    let clock = TestClock("2026-03-01T08:00:00Z")
    let server: TestReplica
    let here: TestReplica
    let there: TestReplica

    init(_ vector: MergeVector) throws {
      server = try TestReplica(clock: clock)
      here = try TestReplica(of: server, clock: clock)
      there = try TestReplica(of: server, clock: clock)
      try here.put(vector.objects("start"))
      try meet()
      for edit in vector.objects("a") { try here.carryOut(edit) }
      for edit in vector.objects("b") { try there.carryOut(edit) }
      clock.set(vector.object["now"]?.stringValue ?? "2026-03-02T13:00:00Z")
      try meet()
    }

    func meet() throws {
      clock.catchUp()
      for laptop in [here, there, here] { try laptop.sync(with: server) }
    }
  }

  /// Those with something to decide.
  static let vectors = MergeVector.all.filter { !$0.objects("review").isEmpty }

  @Test(arguments: vectors)
  func `each action of an item settles it everywhere`(vector: MergeVector) throws {
    let first = try Meeting(vector)
    let actions = try #require(try first.here.replica.reviewItems().first).actions
    #expect(!actions.isEmpty)
    for action in actions {
      let meeting = try Meeting(vector)
      let item = try #require(try meeting.here.replica.reviewItems().first)
      try meeting.here.replica.resolve(item: item.id, action: action.name)
      try meeting.meet()
      for replica in [meeting.here, meeting.there, meeting.server] {
        let left = try replica.replica.reviewItems().filter { $0.id == item.id }
        #expect(left.isEmpty, "\(vector.name), \(action.name)")
      }
    }
  }

  @Test func `both codes of a visit that was entered twice lead to the one that stays`() throws {
    let vector = try #require(MergeVector.all.first { $0.name == "A18" })
    let meeting = try Meeting(vector)
    let item = try #require(try meeting.here.replica.reviewItems().first)
    try meeting.here.replica.resolve(item: item.id, action: "collapse")
    try meeting.meet()
    for replica in [meeting.here, meeting.there, meeting.server] {
      let found = try ["7KQ2M4NA", "8hr3-n5pb"].map {
        try replica.replica.find(type: "appointment", named: $0)
      }
      #expect(Set(found).count == 1)
      #expect(try !replica.replica.isDeleted(found[0]))
    }
  }

  @Test func `two people who decide differently at once make a new item`() throws {
    let vector = try #require(MergeVector.all.first { $0.name == "P2" })
    let meeting = try Meeting(vector)
    let item = try #require(try meeting.here.replica.reviewItems().first)
    try meeting.here.replica.resolve(item: item.id, keep: 1)
    meeting.clock.set("2026-03-02T13:05:00Z")
    try meeting.there.replica.resolve(item: item.id, keep: 2)
    try meeting.meet()
    let items = try meeting.here.replica.reviewItems()
    #expect(items.count == 1 && items[0].rule == "P2")
    #expect(items[0].sides.map(\.value.stringValue) == ["555-0101", "555-0102"])
    #expect(items[0].dots != item.dots)
    try meeting.here.replica.resolve(item: items[0].id, keep: 2)
    try meeting.meet()
    #expect(try meeting.there.replica.reviewItems().isEmpty)
  }

  @Test(arguments: vectors)
  func `a list that is kept up to date is the list made from nothing`(vector: MergeVector) throws {
    let meeting = try Meeting(vector)
    // Asked before and after each write: what is kept is brought up to date by what was written.
    _ = try meeting.here.replica.reviewItems()
    _ = try meeting.there.replica.reviewItems()
    for edit in vector.objects("b") + vector.objects("a") {
      try? meeting.here.carryOut(edit)
      try? meeting.there.carryOut(edit)
      try meeting.meet()
      for laptop in [meeting.here, meeting.there] { try expectKept(laptop, vector) }
    }
    // What an item names changes, each document by itself, in ways that concern nobody else and others.
    let laptop = meeting.here
    let named = Set(try laptop.replica.reviewItems().flatMap(\.documents))
    for (field, value) in [("notes", "a note"), ("status", "active"), ("name", "Nobody")] {
      for key in named.sorted() {
        try laptop.carryOut(1, [field: .string(value)], key)
        try expectKept(laptop, vector)
      }
    }
  }

  private func expectKept(_ laptop: TestReplica, _ vector: MergeVector) throws {
    let kept = try laptop.replica.reviewItems().map(\.value)
    let fresh = try Replica(
      store: laptop.replica.store, role: .laptop, catalogue: .standard,
      world: laptop.replica.world
    ).reviewItems().map(\.value)
    #expect(kept.map(canonical) == fresh.map(canonical), "\(vector.name)")
  }

  @Test func `a write tells which items it opens`() throws {
    let vector = try #require(MergeVector.all.first { $0.name == "P15" })
    let clock = TestClock("2026-03-01T08:00:00Z")
    let server = try TestReplica(clock: clock)
    try server.put(vector.objects("start"))
    for edit in vector.objects("a") { try server.carryOut(edit) }
    let opened = try server.replica.openedReviewItems {
      for edit in vector.objects("b") { try server.carryOut(edit) }
    }
    #expect(opened.map(\.rule) == ["P15"])
    let none = try server.replica.openedReviewItems {
      for edit in vector.objects("b") { try server.carryOut(edit) }
    }
    #expect(none.isEmpty)
  }
}
