import Causality
import Documents
import JSON
import Platform
import Storage
import TestSupport
import Testing

/// Backups of a store whose documents stand in files and in the log.
@Suite(.sealedToo) struct BackupTests {
  private let test: TestStore
  private let place: TestStore

  init() throws {
    test = try TestStore()
    place = try TestStore()
    try test.commit([1, 2, 3], "A")
    _ = try test.open.checkpoint()
    try test.commit([2, 4], "B")
  }

  private var backup: String { place.layout.root + "/backup" }

  /// The store that a backup gives, opened.
  private func restored(_ name: String) throws -> (store: Store, environment: StoreEnvironment) {
    let root = "\(place.layout.root)/\(name)"
    _ = try Store.restore(backup: backup, to: root, environment: test.environment)
    return (try Store.open(at: root, environment: test.environment), test.environment)
  }

  private func documents(_ store: Store) throws -> [String] {
    try store.read { tables in
      try tables.documents(ofType: "visit").map { $0.text() } + ["\(tables.knowledge.entries)"]
    }
  }

  @Test func `a backup holds what was committed before it, and nothing later`() throws {
    #expect(try test.open.backup(to: backup) == 4)
    let before = try documents(test.open)
    try test.commit([1, 5], "C")
    _ = try test.open.checkpoint()
    let (store, _) = try restored("a")
    defer { store.close() }
    #expect(try documents(store) == before)
    #expect(store.verify().problems == [])
  }

  @Test func `a restored store takes a new replica id and has no credentials`() throws {
    let enrolment = Enrolment(
      url: "https://x", server: .sample(9), user: .sample(8), refreshToken: "secret-token",
      certificateFile: nil)
    try test.open.updateIdentity { $0.enrolment = enrolment }
    _ = try test.open.backup(to: backup)
    let (store, _) = try restored("a")
    defer { store.close() }
    #expect(try store.identity.replica != test.open.identity.replica)
    #expect(try store.identity.device == test.open.identity.device)
    #expect(store.identity.enrolment == nil)
    for file in try files(backup) {
      let bytes = try test.bytes("\(backup)/\(file)")
      #expect(!String(decoding: bytes, as: UTF8.self).contains("secret-token"), "\(file)")
    }
  }

  private func files(_ directory: String) throws -> [String] {
    try POSIXFileSystem().contents(ofDirectory: directory).flatMap { name -> [String] in
      let path = "\(directory)/\(name)"
      guard try POSIXFileSystem().status(path)?.kind == .directory else { return [name] }
      return try files(path).map { "\(name)/\($0)" }
    }
  }

  @Test func `documents' files are linked, not copied, and the next backup replaces this one`()
    throws
  {
    _ = try test.open.backup(to: backup)
    let file = "/documents/visits/11/\(UniqueID.sample(1)).json"
    let first = try POSIXFileSystem().status("\(backup)/1\(file)")
    #expect(first?.inode == (try POSIXFileSystem().status(test.layout.root + file)?.inode))
    try test.commit([4], "D")
    _ = try test.open.checkpoint()
    _ = try test.open.backup(to: backup)
    #expect(try POSIXFileSystem().contents(ofDirectory: backup) == ["2", "backup.json"])
    let (store, _) = try restored("a")
    defer { store.close() }
    #expect(try documents(store) == documents(test.open))
  }

  @Test func `a backup that fails at any call leaves the one before`() throws {
    _ = try test.open.backup(to: backup)
    let before = try documents(test.open)
    try test.commit([6], "E")
    _ = try test.open.checkpoint()
    let after = try documents(test.open)
    var number = 1
    while true {
      test.fileSystem.fail(.init(prefix: "", number: number, code: 28))
      let isDone = (try? test.open.backup(to: backup)) != nil
      let hasFailed = test.fileSystem.hasFailed
      test.fileSystem.fail(nil)
      let (store, _) = try restored("r\(number)")
      let found = try documents(store)
      #expect(found == before || found == after, "call \(number)")
      #expect(store.verify().isOK, "call \(number)")
      store.close()
      if isDone, !hasFailed { break }
      number += 1
    }
    #expect(number > 30)
  }

  @Test func `a store is not backed up while a file of it is damaged`() throws {
    _ = try test.open.backup(to: backup)
    let before = try documents(test.open)
    let path = test.layout.file(of: TestStore.key(3))
    try test.flip(path, at: 30)
    let error = #expect(throws: StorageError.self) { try test.open.backup(to: backup) }
    #expect(error?.code == .corrupt && error?.problem.contains("was not made") == true)
    #expect(before.count == 5)
  }

  @Test func `nothing is overwritten`() throws {
    _ = try test.open.backup(to: backup)
    let full = #expect(throws: StorageError.self) {
      try Store.restore(backup: backup, to: test.layout.root, environment: test.environment)
    }
    #expect(full?.code == .exists)
    let missing = #expect(throws: StorageError.self) {
      try Store.restore(
        backup: place.layout.root + "/none", to: place.layout.root + "/x",
        environment: test.environment)
    }
    #expect(missing?.code == .noStore)
    let other = #expect(throws: StorageError.self) {
      try test.open.backup(to: test.layout.documents)
    }
    #expect(other?.code == .exists)
    let unopened = #expect(throws: StorageError.self) {
      try Store.open(at: backup + "/1", environment: test.environment)
    }
    #expect(unopened?.code == .noStore)
  }
}
