import Causality
import Documents
import JSON
import Platform
import Storage
import TestSupport
import Testing

/// Stores that get another seal.
struct ResealTests {
  private let workshop: KeyRing.Workshop
  private let test: TestStore

  init() throws {
    workshop = KeyRing.Workshop(
      try Cryptography.load(), random: SystemRandom(), costs: PassphraseCosts(n: 2, r: 1, p: 1))
    test = try TestStore()
    try test.commit([41, 42, 43], "Secret")
    _ = try test.open.checkpoint()
    try test.rename(43, "Secret twice")
    _ = try test.open.checkpoint()
    _ = try test.open.backup(before: .sample(9))
    try test.commit([42, 44], "Secret")
    try test.rename(44, "Secret thrice")
    try Stage("pull", in: test.open).put(Array("Secret page".utf8), number: 0)
    try test.open.park("one", Array("Secret too".utf8))
    try test.open.remember(.sync, Array("Secret sync".utf8))
    try test.open.updateIdentity { identity in
      identity.enrolment = Enrolment(
        url: "https://clinic.example", server: .sample(5), user: .sample(6),
        refreshToken: "secret-token", certificateFile: nil)
    }
  }

  private func newKeys() throws -> (ring: KeyRing, seal: StoreSeal) {
    try KeyRing.make(
      passphrase: "x", recovery: RecoveryKey(random: SystemRandom()), workshop)
  }

  /// Gives the store, which is closed, another seal.
  private func reseal(_ seal: any Seal, _ ring: KeyRing?) throws {
    test.close()
    try Resealer(root: test.layout.root, environment: test.environment, to: seal, ring).run()
    try ResealedStore(layout: test.layout, fileSystem: test.fileSystem).takePlace()
    test.seal = seal
  }

  /// All that the store is, as text.
  private func content() throws -> String {
    let store = try test.open
    var lines = [try test.state()]
    for visit in 41...44 {
      for replaced in try store.replacedVersions(of: TestStore.key(visit)) {
        lines.append(replaced.text())
      }
    }
    lines += try store.parked().map { "\($0.name) \(String(decoding: $0.content, as: UTF8.self))" }
    lines.append(String(decoding: try Stage("pull", in: store).page(0), as: UTF8.self))
    lines.append(String(decoding: store.recall(.sync) ?? [], as: UTF8.self))
    lines.append(store.identity.enrolment?.refreshToken ?? "")
    lines.append("\(store.identity.replica)")
    return lines.joined(separator: "\n")
  }

  private func expectSame(_ before: String) throws { #expect(try content() == before) }

  private func readableFiles() throws -> [String] {
    let ids = (41...44).map { TestStore.key($0).id.description }
    return try test.files().filter { name in
      let text = String(decoding: try test.bytes("\(test.layout.root)/\(name)"), as: UTF8.self)
      return (ids + ["Secret", "secret", "clinic.example"]).contains {
        text.contains($0) || name.contains($0)
      }
    }
  }

  @Test func `a store that is sealed holds the same, and nobody reads it`() throws {
    let before = try content()
    let (ring, seal) = try newKeys()
    #expect(try !readableFiles().isEmpty)
    try reseal(seal, ring)
    #expect(try readableFiles() == [])
    try expectSame(before)
    try test.commit([45], "Secret")
    _ = try test.open.checkpoint()
    test.close()
    #expect(try readableFiles() == [])
    #expect(test.verify().problems == [])
    #expect(try !test.files().contains { $0.hasPrefix("resealed") })
    let read = try KeyFile(layout: test.layout, fileSystem: test.fileSystem).read()
    #expect(read?.bytes == ring.bytes)
  }

  @Test func `a store whose seal is taken off holds the same, and its keys are gone`() throws {
    let before = try content()
    let (ring, seal) = try newKeys()
    try reseal(seal, ring)
    try reseal(NoSeal(), nil)
    try expectSame(before)
    #expect(test.verify().problems == [])
    let files = try test.files()
    #expect(!files.contains { $0.hasSuffix(".sealed") || $0.hasSuffix("keys.json") })
    #expect(files.filter { $0.hasPrefix("documents/") }.count == 4)
  }

  @Test func `a store that gets a new key holds the same, and the old key opens nothing`() throws {
    let before = try content()
    let (ring, seal) = try newKeys()
    try reseal(seal, ring)
    let (newRing, newSeal) = try newKeys()
    try reseal(newSeal, newRing)
    try expectSame(before)
    #expect(try readableFiles() == [])
    test.seal = seal
    #expect(throws: StorageError.self) { try test.reopened() }
    test.seal = newSeal
    try expectSame(before)
  }

  @Test func `a backup inside the store is sealed with it, and can be restored`() throws {
    let (ring, seal) = try newKeys()
    try reseal(seal, ring)
    let backup = test.layout.backup(before: .sample(9), 1)
    let restored = test.layout.root + "-restored"
    _ = try Store.restore(backup: backup, to: restored, environment: test.environment)
    let copy = try Store.open(at: restored, environment: test.environment)
    defer { copy.close() }
    #expect(try copy.snapshot().documents(ofType: "visit").count == 3)
    let keys = KeyFile(layout: copy.layout, fileSystem: test.fileSystem)
    #expect(try keys.read()?.bytes == ring.bytes)
  }

  @Test func `a damaged store is not sealed, and nothing is changed`() throws {
    _ = try test.open.checkpoint()
    test.close()
    let path = test.layout.file(of: TestStore.key(41))
    try test.flip(path, at: 40)
    let names = try test.files()
    let (ring, seal) = try newKeys()
    let error = #expect(throws: StorageError.self) {
      try Resealer(root: test.layout.root, environment: test.environment, to: seal, ring).run()
    }
    #expect(error?.code == .corrupt && error?.path == path)
    #expect(try test.files() == names)
  }

  @Test func `a damaged backup inside the store is named, with what to do`() throws {
    test.close()
    let backup = test.layout.backup(before: .sample(9), 1)
    try POSIXFileSystem().removeTree(backup + "/1/documents")
    let (ring, seal) = try newKeys()
    let error = #expect(throws: StorageError.self) {
      try Resealer(root: test.layout.root, environment: test.environment, to: seal, ring).run()
    }
    #expect(error?.code == .corrupt)
    #expect(error?.problem.contains("remove \(backup)") == true)
    try POSIXFileSystem().removeTree(backup)
    let before = try content()
    try reseal(seal, ring)
    try expectSame(before)
  }

  @Test func `what was damaged before, and is put aside, is sealed too`() throws {
    _ = try test.open.checkpoint()
    test.close()
    // One that no backup shares.
    let path = test.layout.file(of: TestStore.key(44))
    try test.flip(path, at: 40)
    let damaged = try test.bytes(path)
    let report = try Repairer(layout: test.layout, environment: test.environment).repair()
    let kept = try #require(report.quarantined.first)
    let (ring, seal) = try newKeys()
    try reseal(seal, ring)
    #expect(try test.bytes(kept) != damaged)
    #expect(try test.kept(kept) == damaged)
    try reseal(NoSeal(), nil)
    #expect(try test.bytes(kept) == damaged)
  }
}
