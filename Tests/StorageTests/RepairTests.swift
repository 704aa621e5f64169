import Causality
import Documents
import JSON
import Platform
import Storage
import TestSupport
import Testing

/// A store with a checkpoint of four visits, and behind it in the log a second state of visit 1 and a
/// fifth visit.
@Suite(.sealedToo) struct RepairTests {
  private let test: TestStore
  private let before: [String]

  init() throws {
    test = try TestStore()
    try test.commit([1, 2, 3, 4], "A")
    _ = try test.open.checkpoint()
    try test.commit([1, 5], "B")
    before = try Self.contents(of: test.open.snapshot())
    test.close()
  }

  /// Everything but the order of arrival.
  private static func contents(of tables: Tables) throws -> [String] {
    var lines = try tables.documents(ofType: "visit").map { $0.text() }
    lines.append("\(tables.knowledge.entries) \(tables.history.hash(at: tables.knowledge) ?? [])")
    lines += tables.registers.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.line)" }
    return lines
  }

  private func repair() throws(StorageError) -> RepairReport {
    test.close()
    return try Repairer(layout: test.layout, environment: test.environment).repair()
  }

  private func openedForReading() throws(StorageError) -> Store {
    try Store.open(
      at: test.layout.root, environment: test.environment, ifNotWritable: .openForReading)
  }

  /// The store is whole and works.
  private func expectSound(_ context: String) throws {
    #expect(test.verify().problems == [], "\(context)")
    try test.reopened()
    #expect(try test.open.read { $0.registers["last"] } != nil, "\(context)")
    try test.commitRegister("after")
    try test.reopened()
    #expect(try test.open.read { $0.registers["after"] }?.intValue == 1, "\(context)")
    test.close()
  }

  @Test func `a whole store needs no repair, and nothing is written`() throws {
    let files = try test.files()
    test.fileSystem.forgetCalls()
    let report = try repair()
    #expect(report.found.isEmpty && report.quarantined.isEmpty && report.lost.isEmpty)
    #expect(try test.files() == files)
    #expect(!test.fileSystem.calls.contains { $0.hasPrefix("write") })
  }

  @Test func `a document's file that the log holds is written anew, whatever is flipped`() throws {
    let path = test.layout.file(of: TestStore.key(2))
    let bytes = try test.bytes(path)
    try test.reopened()
    try test.commit([2], "C")
    let before = try Self.contents(of: test.open.snapshot())
    test.close()
    // What the log holds is no damage; it becomes one with the next checkpoint's index.
    for offset in stride(from: 0, to: bytes.count, by: 29) {
      try test.flip(path, at: offset)
      #expect(test.verify().isOK)
      try test.reopened()
      #expect(try Self.contents(of: test.open.snapshot()) == before)
      test.close()
      try test.flip(path, at: offset)
    }
  }

  @Test func `each flipped byte of a document's file is found, put aside, and the rest lives on`()
    throws
  {
    let path = test.layout.file(of: TestStore.key(2))
    let whole = try test.bytes(path)
    let store = try Snapshot(test)
    for offset in whole.indices {
      try store.restore()
      try test.flip(path, at: offset)
      let damaged = try test.bytes(path)
      #expect(test.verify().problems.map(\.file) == [path], "byte \(offset)")
      let report = try repair()
      #expect(report.lost == [TestStore.key(2)], "byte \(offset)")
      #expect(try report.quarantined.map(test.kept) == [damaged], "byte \(offset)")
      #expect(report.isRenewed, "what is written to it anew has not seen what was lost")
      guard offset % 50 == 0 else { continue }
      try expectSound("byte \(offset)")
      let tables = try test.reopened().snapshot()
      #expect(try tables.document(TestStore.key(2)) == nil)
      #expect(try tables.documents(ofType: "visit").count == 4)
      let wanted = tables.registers[Repairer.lostRegister]?.line
      #expect(wanted == #"[["visit","\#(UniqueID.sample(2))"]]"#)
    }
  }

  @Test func `an older whole file is kept where nothing newer is left`() throws {
    let path = test.layout.file(of: TestStore.key(3))
    let old = try test.bytes(path)
    try test.reopened()
    try test.commit([3], "C")
    _ = try test.open.checkpoint()
    test.close()
    try test.put(old, path)
    #expect(test.verify().problems.map(\.file) == [path])
    let report = try repair()
    #expect(report.lost.isEmpty && report.found.map(\.file) == [path])
    try expectSound("older file")
  }

  @Test(arguments: ["store.json", "store.copy.json"])
  func `each flipped byte of the identity is harmless or healed from the other file`(
    name: String
  ) throws {
    let path = "\(test.layout.root)/\(name)"
    let whole = try test.bytes(path)
    for offset in whole.indices {
      try test.flip(path, at: offset)
      let problems = Verifier(layout: test.layout, environment: test.environment).verify().problems
      if problems.isEmpty {
        try test.flip(path, at: offset)
        continue
      }
      #expect(problems.map(\.file) == [path], "byte \(offset)")
      let report = try repair()
      #expect(report.lost.isEmpty && !report.isRenewed, "byte \(offset)")
      #expect(report.quarantined.count == 1, "byte \(offset)")
      #expect(try test.bytes(path) == whole, "byte \(offset)")
    }
    try expectSound(name)
  }

  @Test func `a lost identity comes back from its copy`() throws {
    try POSIXFileSystem().removeFile(test.layout.identity)
    let whole = try test.bytes(test.layout.identityCopy)
    #expect(try !repair().isRenewed)
    #expect(try test.bytes(test.layout.identity) == whole)
    try expectSound("identity")
  }

  @Test(arguments: ["manifest.jsonl", "history", "index"])
  func `each of manifest, history and index is made anew from the others`(name: String) throws {
    let path = try path(of: name)
    let store = try Snapshot(test)
    let count = try test.bytes(path).count
    for offset in stride(from: 0, to: count, by: max(1, count / 150)) {
      try store.restore()
      try test.flip(path, at: offset)
      if test.verify().isOK { continue }
      let report = try repair()
      #expect(report.found.map(\.file).contains(path), "byte \(offset)")
      #expect(report.lost.isEmpty && !report.isRenewed, "byte \(offset)")
      #expect(test.verify().problems == [], "byte \(offset)")
      #expect(try Self.contents(of: test.reopened().snapshot()) == before, "byte \(offset)")
      test.close()
    }
    try store.restore()
    try POSIXFileSystem().removeFile(path)
    #expect(try repair().lost.isEmpty)
    #expect(try Self.contents(of: test.reopened().snapshot()) == before)
  }

  private func path(of name: String) throws -> String {
    let path = "\(test.layout.root)/\(name)"
    guard try POSIXFileSystem().status(path)?.kind == .directory else { return path }
    return "\(path)/\(try #require(POSIXFileSystem().contents(ofDirectory: path).first))"
  }

  @Test(.plainOnly)
  func `a log with damage in its middle is read on, and its whole batches are kept`() throws {
    try test.reopened()
    for (visit, name) in [(6, "C"), (7, "D"), (8, "E")] { try test.commit([visit], name) }
    let replica = try test.open.identity.replica
    test.close()
    let path = try test.lastSegment()
    let place = try #require(firstPlace(of: "\"D\"", in: test.bytes(path)))
    try test.flip(path, at: place)
    let refusal = #expect(throws: StorageError.self) { try test.reopened() }
    #expect(refusal?.code == .corrupt && refusal?.path == path)

    let store = try openedForReading()
    #expect(store.damage.map(\.path) == [path])
    let names = try Self.names(store.snapshot())
    #expect(names == [1: "B", 2: "A", 3: "A", 4: "A", 5: "B", 6: "C", 8: "E"])
    var batch = Batch()
    batch.registers = [("x", 1)]
    let error = #expect(throws: StorageError.self) { try store.commit(batch) }
    #expect(error?.code == .corrupt && error?.path == path)
    #expect(error?.problem.hasSuffix("satchel verify --repair heals it") == true)
    #expect(throws: StorageError.self) { _ = try store.checkpoint() }
    #expect(throws: StorageError.self) { try store.updateIdentity { $0.enrolment = nil } }
    store.close()

    let report = try repair()
    #expect(report.found.map(\.file) == [path] && report.isRenewed)
    #expect(report.quarantined.count == 1)
    try expectSound("damaged log")
    let healed = try test.reopened()
    #expect(try Self.names(healed.snapshot()) == names)
    #expect(healed.identity.replica != replica)
    #expect(try repair().found.isEmpty)
  }

  private static func names(_ tables: Tables) throws -> [UInt64: String] {
    let documents = try tables.documents(ofType: "visit")
    return Dictionary(
      documents.map {
        ($0.key.id.low, $0.visibleFields(SampleRules.all.type("visit"))["given"]?.stringValue ?? "")
      }, uniquingKeysWith: { $1 })
  }

  private func firstPlace(of text: String, in bytes: [UInt8]) -> Int? {
    let text = Array(text.utf8)
    return bytes.indices.first { bytes[$0...].starts(with: text) }
  }

  @Test(.plainOnly) func `a repair that fails at any call can be run again`() throws {
    try test.reopened()
    for (visit, name) in [(6, "C"), (7, "D"), (8, "E")] { try test.commit([visit], name) }
    test.close()
    let path = try test.lastSegment()
    try test.flip(path, at: try #require(firstPlace(of: "\"D\"", in: test.bytes(path))))
    try test.flip(test.layout.file(of: TestStore.key(2)), at: 60)
    let store = try Snapshot(test)
    _ = try repair()
    let healed = try Self.names(test.reopened().snapshot())
    #expect(healed == [1: "B", 3: "A", 4: "A", 5: "B", 6: "C", 8: "E"])
    var number = 1
    while true {
      try store.restore()
      test.fileSystem.fail(.init(prefix: "", number: number, code: 5))
      let isDone = (try? repair()) != nil && !test.fileSystem.hasFailed
      test.fileSystem.fail(nil)
      if isDone { break }
      _ = try repair()
      #expect(test.verify().problems == [], "call \(number)")
      #expect(try Self.names(test.reopened().snapshot()) == healed, "call \(number)")
      test.close()
      number += 1
    }
    #expect(number > 50)
  }
}

/// The files of a closed store, to be put back.
private struct Snapshot {
  private let test: TestStore
  private let files: [String: [UInt8]]

  init(_ test: TestStore) throws {
    self.test = test
    files = try Dictionary(
      test.files().map { ($0, try test.bytes("\(test.layout.root)/\($0)")) },
      uniquingKeysWith: { $1 })
  }

  func restore() throws {
    test.close()
    for file in try test.files() where files[file] == nil {
      try POSIXFileSystem().removeFile("\(test.layout.root)/\(file)")
    }
    for (file, bytes) in files { try test.put(bytes, "\(test.layout.root)/\(file)") }
  }
}
