import Causality
import Documents
import Platform
import Storage
import TestSupport
import Testing

/// Stores that nobody reads without their key.
struct EncryptionTests {
  /// Weak: no passphrase is secret here.
  private let workshop: KeyRing.Workshop
  private let test: TestStore

  init() throws {
    workshop = KeyRing.Workshop(
      try Cryptography.load(), random: SystemRandom(), costs: PassphraseCosts(n: 2, r: 1, p: 1))
    test = try TestStore(keepsFeed: true, seal: TestStore.newSeal())
    try test.commit([41, 42, 43], "Secret")
    _ = try test.open.checkpoint()
    try test.rename(43, "Secret again")
    _ = try test.open.checkpoint()
    try test.commit([42, 44], "Secret")
    try Stage("pull", in: test.open).put(Array("Secret page".utf8), number: 0)
    try test.open.park("one", Array("Secret too".utf8))
    try test.open.updateIdentity { identity in
      identity.enrolment = Enrolment(
        url: "https://clinic.example", server: .sample(5), user: .sample(6),
        refreshToken: "secret-token", certificateFile: nil)
    }
  }

  // MARK: - On the disk

  @Test func `neither content nor ids can be read on the disk, nor in names of files`() throws {
    let ids = (41...44).map { TestStore.key($0).id }
    test.close()
    let words =
      ids.map(\.description) + [
        "Secret", "_sync", "given", "secret-token", "clinic.example",
      ]
    for name in try test.files() {
      let bytes = try test.bytes("\(test.layout.root)/\(name)")
      let text = String(decoding: bytes, as: UTF8.self)
      for word in words {
        #expect(!text.contains(word), "\(word) in \(name)")
        #expect(!name.contains(word), "\(name)")
      }
      for id in ids { #expect(bytes.firstRange(of: id.bytes) == nil, "\(id) in \(name)") }
    }
    #expect(try test.files().filter { $0.hasSuffix(".sealed") }.count == 3)
    for directory in ["feed", "index", "journal", "parked", "staged", "wal"] {
      #expect(try test.files().contains { $0.hasPrefix(directory + "/") })
    }
  }

  @Test func `the enrolment is there again when the store is opened`() throws {
    try test.reopened()
    #expect(try test.open.identity.enrolment?.refreshToken == "secret-token")
  }

  @Test func `another key opens nothing and changes nothing`() throws {
    test.close()
    let names = try test.files()
    let before = try names.map { try test.bytes("\(test.layout.root)/\($0)") }
    for seal: any Seal in [NoSeal(), try TestStore.newSeal()] {
      test.seal = seal
      let error = #expect(throws: StorageError.self) { try test.reopened() }
      #expect(error?.code == .corrupt)
      #expect(try test.files() == names)
      #expect(try names.map { try test.bytes("\(test.layout.root)/\($0)") } == before)
    }
  }

  @Test func `a document that somebody wrote without the key is damage`() throws {
    let plain = try TestStore()
    try plain.commit([41], "Forged")
    _ = try plain.open.checkpoint()
    plain.close()
    _ = try test.open.checkpoint()
    test.close()
    let path = test.layout.file(of: TestStore.key(41))
    try test.put(try plain.bytes(plain.layout.file(of: TestStore.key(41))), path)
    #expect(test.verify().problems.map(\.file) == [path])
    // Without an index, only the seal can tell.
    try POSIXFileSystem().removeTree(test.layout.index)
    let report = try Repairer(layout: test.layout, environment: test.environment).repair()
    #expect(report.lost == [TestStore.key(41)])
  }

  @Test func `a document's file under its own name is foreign in a sealed store`() throws {
    let path = "\(test.layout.directory(ofType: "visit"))/aa/\(TestStore.key(9).id).json"
    try POSIXFileSystem().createDirectory(parentDirectory(of: path))
    try test.put(Array("{}".utf8), path)
    #expect(test.verify().problems.map(\.file) == [path])
  }

  @Test func `an older state of a document's file is found`() throws {
    let path = test.layout.file(of: TestStore.key(41))
    let older = try test.bytes(path)
    try test.commit([41], "Public")
    _ = try test.open.checkpoint()
    test.close()
    let newer = try test.bytes(path)
    try test.put(older, path)
    #expect(test.verify().problems.map(\.file) == [path])
    try test.put(newer, path)
    #expect(test.verify().isOK)
  }

  @Test func `files that change places are found, each`() throws {
    _ = try test.open.checkpoint()
    test.close()
    let (first, second) = (
      test.layout.file(of: TestStore.key(41)), test.layout.file(of: TestStore.key(42))
    )
    let (one, two) = (try test.bytes(first), try test.bytes(second))
    try test.put(two, first)
    try test.put(one, second)
    #expect(Set(test.verify().problems.map(\.file)) == [first, second])
  }

  @Test func `a forgotten key ends all reading and writing`() throws {
    let seal = try #require(test.seal as? StoreSeal)
    let (ring, same) = try KeyRing.make(
      passphrase: "x", recovery: RecoveryKey(random: SystemRandom()), workshop)
    _ = ring
    same.forget()
    #expect(throws: StorageError.self) { try same.sealed([1], as: .file("a")) }
    // Nothing is in memory yet.
    try test.reopened()
    seal.forget()
    #expect(throws: StorageError.self) { try test.commit([5], "Late") }
    let tables = try test.open.snapshot()
    #expect(throws: StorageError.self) { try tables.document(TestStore.key(43)) }
    #expect(throws: StorageError.self) { try test.open.checkpoint() }
  }

  // MARK: - Keys

  @Test func `the passphrase and the recovery key open the same store, nothing else does`() throws {
    let recovery = RecoveryKey(random: SystemRandom())
    let (ring, seal) = try KeyRing.make(passphrase: "open sesame", recovery: recovery, workshop)
    let sealed = try seal.sealed([1, 2, 3], as: .file("a"))
    let byPassphrase = try #require(ring.seal(passphrase: "open sesame", workshop))
    #expect(byPassphrase.opened(sealed, as: .file("a")) == [1, 2, 3])
    #expect(byPassphrase.opened(sealed, as: .file("b")) == nil)
    let byRecovery = try #require(ring.seal(recovery: recovery, workshop))
    #expect(byRecovery.opened(sealed, as: .file("a")) == [1, 2, 3])
    #expect(byRecovery.hidden(.sample(1)) == seal.hidden(.sample(1)))
    for wrong in ["", "open sesam", "Open sesame", "open sesame "] {
      #expect(ring.seal(passphrase: wrong, workshop) == nil)
    }
    #expect(ring.seal(recovery: RecoveryKey(random: SystemRandom()), workshop) == nil)
  }

  @Test func `passphrases that look the same are the same`() throws {
    let (ring, _) = try KeyRing.make(
      passphrase: "caf\u{e9}", recovery: RecoveryKey(random: SystemRandom()), workshop)
    #expect(ring.seal(passphrase: "cafe\u{301}", workshop) != nil)
  }

  @Test func `another passphrase opens the same store, the old one does not any more`() throws {
    let recovery = RecoveryKey(random: SystemRandom())
    var (ring, seal) = try KeyRing.make(passphrase: "old", recovery: recovery, workshop)
    let sealed = try seal.sealed([7], as: .file("a"))
    try ring.setPassphrase("new", for: seal, workshop)
    #expect(ring.seal(passphrase: "old", workshop) == nil)
    #expect(ring.seal(passphrase: "new", workshop)?.opened(sealed, as: .file("a")) == [7])
    #expect(ring.seal(recovery: recovery, workshop)?.opened(sealed, as: .file("a")) == [7])
  }

  @Test func `a piece is bound to its kind and place, and to its store`() throws {
    let seal = try TestStore.newSeal()
    let pieces: [SealedPiece] = [
      .file("a"), .file("b"), .frame(segment: 1, salt: 2, sequence: 3),
      .frame(segment: 2, salt: 2, sequence: 3), .frame(segment: 1, salt: 3, sequence: 3),
      .frame(segment: 1, salt: 2, sequence: 4), .arrival(1, file: 1), .arrival(1, file: 2),
      .arrival(2, file: 1), .journal(1, file: 1), .journal(2, file: 1), .journal(1, file: 2),
      .page(1, file: "a"), .page(2, file: "a"), .page(1, file: "b"),
    ]
    for (place, piece) in pieces.enumerated() {
      let sealed = try seal.sealed([1], as: piece)
      for (other, wanted) in pieces.enumerated() {
        #expect(seal.opened(sealed, as: wanted) == (place == other ? [1] : nil))
      }
      #expect(try TestStore.newSeal().opened(sealed, as: piece) == nil)
    }
  }

  // MARK: - Recovery keys

  @Test func `a recovery key is told in letters and digits that nobody confuses`() throws {
    for _ in 0..<50 {
      let text = RecoveryKey(random: SystemRandom()).description
      #expect(text.count == 39)
      #expect(text.split(separator: "-").map(\.count) == [4, 4, 4, 4, 4, 4, 4, 4])
      #expect(text.allSatisfy { "0123456789ABCDEFGHJKMNPQRSTVWXYZ-".contains($0) })
      #expect(RecoveryKey(text)?.description == text)
      #expect(RecoveryKey(text.lowercased().replacing("-", with: " "))?.description == text)
    }
  }

  @Test func `letters that look like digits are understood`() {
    let text = "O0I1-L000-0000-0000-0000-0000-0000-000Z"
    #expect(RecoveryKey(text)?.description == "0011-1000-0000-0000-0000-0000-0000-000Z")
  }

  @Test(arguments: [
    "", "0", String(repeating: "0", count: 31), String(repeating: "0", count: 33),
    "U000-0000-0000-0000-0000-0000-0000-0000", "!000-0000-0000-0000-0000-0000-0000-0000",
  ])
  func `anything else is no recovery key`(_ text: String) {
    #expect(RecoveryKey(text) == nil)
  }

  // MARK: - The file

  @Test func `the file of keys is read again, also where one of its copies is damaged`() throws {
    let file = KeyFile(layout: test.layout, fileSystem: test.fileSystem)
    #expect(try file.read() == nil)
    let recovery = RecoveryKey(random: SystemRandom())
    let (ring, _) = try KeyRing.make(passphrase: "pass", recovery: recovery, workshop)
    try file.write(ring)
    #expect(try file.read()?.bytes == ring.bytes)
    for path in [test.layout.keys, test.layout.keysCopy] {
      for damage in [[], Array("{}".utf8), Array(ring.bytes.dropLast(20))] {
        try test.put(damage, path)
        #expect(try file.read()?.bytes == ring.bytes)
      }
      try file.write(ring)
      try POSIXFileSystem().removeFile(path)
      #expect(try file.read()?.bytes == ring.bytes)
      try file.write(ring)
    }
    for path in [test.layout.keys, test.layout.keysCopy] { try test.put([1], path) }
    let error = #expect(throws: StorageError.self) { try file.read() }
    #expect(error?.code == .corrupt && error?.path == test.layout.keys)
  }

  @Test(arguments: [
    (#""format": 1"#, #""format": 2"#, StorageError.Code.newerFormat),
    (#""n": 2"#, #""n": 3"#, .corrupt), (#""n": 2"#, #""n": 1099511627776"#, .corrupt),
    (#""r": 1"#, #""r": -1"#, .corrupt), (#""salt": ""#, #""salt": "x"#, .corrupt),
    (#""id": ""#, #""id": "x"#, .corrupt), (#""recovery""#, #""recover""#, .corrupt),
  ])
  func `keys that cannot be are refused`(
    _ old: String, _ new: String, _ code: StorageError.Code
  ) throws {
    let (ring, _) = try KeyRing.make(
      passphrase: "pass", recovery: RecoveryKey(random: SystemRandom()), workshop)
    let text = String(decoding: ring.bytes, as: UTF8.self)
    #expect(text.contains(old))
    try test.put(Array(text.replacing(old, with: new).utf8), test.layout.keys)
    let file = KeyFile(layout: test.layout, fileSystem: test.fileSystem)
    #expect(#expect(throws: StorageError.self) { try file.read() }?.code == code)
  }

  @Test func `a person's password opens the store until the person is dropped`() throws {
    var (ring, seal) = try KeyRing.make(
      passphrase: "pass", recovery: RecoveryKey(random: SystemRandom()), workshop)
    let cryptography = try Cryptography.load()
    #expect(!ring.hasPeople && ring.seal(email: "a@b.org", password: "x", workshop) == nil)
    for (email, password) in [("a@b.org", "first"), ("c@d.org", "second"), ("a@b.org", "third")] {
      let verifier = try #require(
        PasswordVerifier.make(
          password, cryptography, random: SystemRandom(),
          costs: PassphraseCosts(n: 2, r: 1, p: 1)))
      let key = try #require(verifier.key(by: password, cryptography))
      try ring.setPerson(email, verifier, key, for: seal, workshop)
    }
    let text = String(decoding: ring.bytes, as: UTF8.self)
    #expect(!text.contains("b.org") && !text.contains("third"))
    // Another passphrase changes nothing for people.
    try ring.setPassphrase("other", for: seal, workshop)
    try test.put(ring.bytes, test.layout.keys)
    var read = try #require(
      try KeyFile(layout: test.layout, fileSystem: test.fileSystem).read())
    #expect(read.knows("a@b.org", workshop) && !read.knows("x@b.org", workshop))
    for (email, password, opens) in [
      ("a@b.org", "third", true), ("a@b.org", "first", false), ("a@b.org", "second", false),
      ("c@d.org", "second", true), ("c@d.org", "", false), ("x@b.org", "third", false),
    ] {
      let found = read.seal(email: email, password: password, workshop)
      #expect((found?.id == seal.id) == opens, "\(email) \(password)")
      // It is the store's key, not another one.
      let piece = try seal.sealed([1, 2, 3], as: .file("x"))
      if let found { #expect(found.opened(piece, as: .file("x")) == [1, 2, 3]) }
    }
    read.dropPerson("a@b.org", workshop)
    #expect(read.seal(email: "a@b.org", password: "third", workshop) == nil && read.hasPeople)
    let broken = text.replacing(#""person""#, with: #""persons""#)
    try test.put(Array(broken.utf8), test.layout.keys)
    try test.put(Array(broken.utf8), test.layout.keysCopy)
    let file = KeyFile(layout: test.layout, fileSystem: test.fileSystem)
    #expect(#expect(throws: StorageError.self) { try file.read() }?.code == .corrupt)
  }

  @Test func `destroyed keys are overwritten, then gone`() throws {
    let file = KeyFile(layout: test.layout, fileSystem: test.fileSystem)
    let (ring, _) = try KeyRing.make(
      passphrase: "pass", recovery: RecoveryKey(random: SystemRandom()), workshop)
    try file.write(ring)
    // A second name shows what became of the content.
    try POSIXFileSystem().link(test.layout.keys, to: test.layout.root + "-kept")
    defer { try? POSIXFileSystem().removeFile(test.layout.root + "-kept") }
    try file.destroy()
    #expect(try file.read() == nil)
    #expect(try test.bytes(test.layout.root + "-kept").allSatisfy { $0 == 0 })
    try file.destroy()
  }

  @Test func `a wipe destroys the keys first, those of backups inside too`() throws {
    test.close()
    let (layout, disk) = (test.layout, RecordingFileSystem())
    let inner = StoreLayout(root: layout.backup(before: UniqueID.sample(1), 1))
    let (ring, _) = try KeyRing.make(
      passphrase: "pass", recovery: RecoveryKey(random: SystemRandom()), workshop)
    for place in [layout, inner] {
      try POSIXFileSystem().createDirectory(place.root)
      try KeyFile(layout: place, fileSystem: POSIXFileSystem()).write(ring)
    }
    try test.put([1], layout.identity)
    try WipeRecord(device: .sample(2), orderedAt: 0, teller: nil).dropEverything(layout, disk)
    let removals = disk.calls.filter { $0.hasPrefix("remove") }
    let keys = removals.prefix { $0.contains("keys") }
    #expect(keys.count == 4 && removals.count > 4, "\(removals)")
    #expect(try POSIXFileSystem().contents(ofDirectory: layout.root) == ["LOCK"])
  }
}
