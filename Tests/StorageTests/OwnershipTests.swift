import Causality
import Documents
import Platform
import Storage
import TestSupport
import Testing

@Suite(.sealedToo) struct OwnershipTests {
  @Test func `a store that is open is locked for others`() throws {
    let test = try TestStore()
    let error = #expect(throws: StorageError.self) {
      try Store.open(at: test.layout.root, environment: test.environment)
    }
    #expect(error?.code == .locked && error?.path == test.layout.root)
    let created = #expect(throws: StorageError.self) {
      try Store.create(
        at: test.layout.root, identity: TestStore.identity, environment: test.environment)
    }
    #expect(created?.code == .locked)
    let looked = #expect(throws: StorageError.self) {
      try Store.withLock(at: test.layout.root, fileSystem: test.fileSystem) { _ in () }
    }
    #expect(looked?.code == .locked)
    test.close()
    #expect(throws: Never.self) { try test.reopened() }
  }

  @Test func `a store that could not be opened is not locked`() throws {
    let test = try TestStore()
    try test.commit([1])
    test.close()
    try test.flip(test.layout.segment(1), at: 3)
    for _ in 0..<2 {
      let error = #expect(throws: StorageError.self) { try test.reopened() }
      #expect(error?.code == .corrupt)
    }
  }

  @Test func `somebody who looks at a store locks it meanwhile`() throws {
    let test = try TestStore()
    test.close()
    try Store.withLock(at: test.layout.root, fileSystem: test.fileSystem) { layout in
      #expect(layout.root == test.layout.root)
      let error = #expect(throws: StorageError.self) { try test.reopened() }
      #expect(error?.code == .locked)
    }
    #expect(throws: Never.self) { try test.reopened() }
  }

  @Test func `where no store is, none is opened and nothing is made`() throws {
    let test = try TestStore()
    let other = test.layout.root + "/other"
    let error = #expect(throws: StorageError.self) {
      try Store.open(at: other, environment: test.environment)
    }
    #expect(error?.code == .noStore && error?.path == other)
    #expect(try POSIXFileSystem().status(other) == nil)
  }

  @Test func `a second store is not made over the first`() throws {
    let test = try TestStore()
    try test.commit([1])
    let before = try test.state()
    test.close()
    let error = #expect(throws: StorageError.self) {
      try Store.create(
        at: test.layout.root, identity: TestStore.identity, environment: test.environment)
    }
    #expect(error?.code == .exists)
    try test.reopened()
    #expect(try test.state() == before)
  }

  @Test func `wherever making a store fails, it can be made or opened afterwards`() throws {
    let counting = RecordingFileSystem()
    _ = try TestStore(fileSystem: counting)
    for number in 1...counting.calls.count {
      let fileSystem = RecordingFileSystem()
      let test = try TestStore(fileSystem: fileSystem)
      test.close()
      try POSIXFileSystem().removeTree(test.layout.root)
      fileSystem.fail(.init(prefix: "", number: number, code: 28))
      let identity = TestStore.identity
      let environment = test.environment
      let root = test.layout.root
      let made = try? Store.create(at: root, identity: identity, environment: environment)
      made?.close()
      #expect(fileSystem.hasFailed)
      fileSystem.fail(nil)
      do throws(StorageError) {
        try Store.create(at: test.layout.root, identity: identity, environment: environment).close()
      } catch {
        #expect(error.code == .exists, "call \(number)")
      }
      #expect(throws: Never.self, "call \(number)") { try test.reopened() }
    }
  }

  @Test func `all names of a new store are durable`() throws {
    let test = try TestStore()
    #expect(
      test.fileSystem.calls.contains { $0 == "synchronizeFileSystem store" })
  }

  @Test func `a newer format is refused and not touched`() throws {
    let test = try TestStore()
    try test.commit([1])
    test.close()
    let newer = Array(#"{"format": 99, "strange": true}"#.utf8)
    try test.put(newer, test.layout.identity)
    try test.put([1], test.layout.manifest + ".tmp")
    let before = try test.files()
    let error = #expect(throws: StorageError.self) { try test.reopened() }
    #expect(error?.code == .newerFormat && error?.path == test.layout.identity)
    #expect(try test.bytes(test.layout.identity) == newer)
    #expect(try test.files() == before)
    #expect(test.verify().problems.map(\.file) == [test.layout.identity])
  }

  @Test(arguments: [
    "", "{", "[]", "{}", #"{"format":"1"}"#, #"{"format":1}"#,
    #"{"format":1,"replica":"x","device":"ID","account":"ID","local_account":true}"#,
    #"{"format":1,"replica":"ID","device":"ID","account":"ID"}"#,
    #"{"format":1,"replica":"ID","device":"ID","account":"ID","local_account":1}"#,
    #"{"format":1,"replica":"ID","device":"ID","account":"ID","local_account":true,"enrolment":1}"#,
    #"{"format":1,"replica":"ID","device":"ID","account":"ID","local_account":true,"enrolment":{}}"#,
  ])
  func `a malformed store json is corrupt, and named`(text: String) throws {
    let test = try TestStore()
    test.close()
    let id = UniqueID.sample(1).description
    let spelled = text.split(separator: "ID", omittingEmptySubsequences: false)
      .joined(separator: id)
    try test.put(Array(spelled.utf8), test.layout.identity)
    let error = #expect(throws: StorageError.self) { try test.reopened() }
    #expect(error?.code == .corrupt && error?.path == test.layout.identity)
    #expect(error?.description.contains("store.json") == true)
    #expect(test.verify().problems.first?.file == test.layout.identity)
  }
}
