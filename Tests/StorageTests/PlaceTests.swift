import Causality
import Documents
import Platform
import Storage
import TestSupport
import Testing

/// A store that is opened in another place than before.
@Suite(.sealedToo) struct PlaceTests {
  private let test: TestStore

  init() throws {
    test = try TestStore()
    let enrolment = Enrolment(
      url: "https://x", server: .sample(9), user: .sample(8), refreshToken: "secret",
      certificateFile: nil)
    try test.open.updateIdentity { $0.enrolment = enrolment }
    try test.commit([1, 2], "A")
    _ = try test.open.checkpoint()
    try test.commit([3], "B")
    test.close()
  }

  private var other: String { test.layout.root + "-other" }

  @Test func `the same place is no other, also after a restart of the machine`() throws {
    let replica = try test.reopened().identity.replica
    test.boot = "tomorrow"
    let store = try test.reopened()
    #expect(store.identity.replica == replica && store.identity.enrolment != nil)
    #expect(!store.takeRelocationNotice())
  }

  @Test func `a copy takes a new replica id and leaves the credentials to the original`() throws {
    try POSIXFileSystem().copyTree(test.layout.root, to: other)
    let copy = try Store.open(at: other, environment: test.environment)
    let original = try test.reopened()
    #expect(copy.identity.replica != original.identity.replica)
    #expect(copy.identity.device == original.identity.device)
    #expect(copy.identity.enrolment == nil && original.identity.enrolment != nil)
    #expect(copy.takeRelocationNotice() && !copy.takeRelocationNotice())
    #expect(!original.takeRelocationNotice())
    let replica = copy.identity.replica
    #expect(try copy.read { try $0.documents(ofType: "visit").count } == 3)
    copy.close()
    let again = try Store.open(at: other, environment: test.environment)
    #expect(again.identity.replica == replica && !again.takeRelocationNotice())
    again.close()
    try POSIXFileSystem().removeTree(other)
  }

  @Test func `a directory with a new name is the same place`() throws {
    let replica = try test.reopened().identity.replica
    test.close()
    try POSIXFileSystem().rename(test.layout.root, to: other)
    let moved = try Store.open(at: other, environment: test.environment)
    #expect(moved.identity.replica == replica && !moved.takeRelocationNotice())
    moved.close()
    try POSIXFileSystem().rename(other, to: test.layout.root)
  }

  @Test func `a disk in another machine is another place`() throws {
    let replica = try test.reopened().identity.replica
    test.machine = "another"
    let store = try test.reopened()
    #expect(store.identity.replica != replica && store.takeRelocationNotice())
  }

  @Test func `a damaged copy keeps its identity until it is healed`() throws {
    try POSIXFileSystem().copyTree(test.layout.root, to: other)
    let layout = StoreLayout(root: other)
    try test.flip(layout.manifest, at: 5)
    let before = try test.bytes(layout.identity)
    let damaged = try Store.open(
      at: other, environment: test.environment, ifNotWritable: .openForReading)
    damaged.close()
    #expect(try test.bytes(layout.identity) == before)
    try POSIXFileSystem().removeTree(other)
  }
}
