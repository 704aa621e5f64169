import Causality
import Documents
import JSON
import Platform
import Replica
import SyncProtocol
import Testing

@testable import Server

@Suite final class AuditTests {
  private let server: TestServer
  private var files: AuditFiles {
    AuditFiles(layout: server.data.layout, fileSystem: server.setup.fileSystem)
  }

  init() throws { server = try TestServer() }

  private func note(_ count: Int) {
    for number in 0..<count {
      server.data.audit.note(
        AuditEntry(.read, account: server.account, details: ["test": .int(number)]))
    }
  }

  private func check() throws -> AuditCheck {
    try AuditCheck(files, digest: server.setup.world.digest)
  }

  /// The lines of the first file, each with its end.
  private func lines() throws -> [[UInt8]] {
    try readLines(try #require(try files.paths().first))
  }

  private func readLines(_ path: String) throws -> [[UInt8]] {
    let bytes = try server.setup.fileSystem.readFile(path)
    return bytes.split(separator: UInt8(ascii: "\n")).map { Array($0) + [10] }
  }

  private func put(_ lines: [[UInt8]]) throws {
    let path = try #require(try files.paths().first)
    try server.setup.fileSystem.writeFileDurably(path, Array(lines.joined()))
  }

  @Test func `entries follow one another, through restarts too`() throws {
    note(3)
    try server.reopen()
    note(2)
    let check = try check()
    #expect(check.problems.isEmpty && check.last.number == 5)
    let first = try JSONValue(parsing: try lines()[0].dropLast()).objectValue
    #expect(first?["number"]?.intValue == 1 && first?["event"]?.stringValue == "read")
    #expect(first?["account"]?.stringValue == server.account.description)
  }

  @Test(arguments: 0..<5)
  func `a line that was changed, dropped, doubled or exchanged is found`(place: Int) throws {
    note(5)
    try server.reopen()
    let lines = try lines()
    func expectFound(_ changed: [[UInt8]]) throws {
      try put(changed)
      #expect(try !check().problems.isEmpty)
    }
    for offset in lines[place].indices.dropLast() {
      var changed = lines
      changed[place][offset] ^= 1
      try expectFound(changed)
    }
    var changed = lines
    changed.remove(at: place)
    try expectFound(changed)
    changed = lines
    changed.insert(lines[place], at: place)
    try expectFound(changed)
    changed = lines
    changed.swapAt(place, (place + 1) % 5)
    try expectFound(changed)
    try put(lines)
    #expect(try check().problems.isEmpty)
  }

  @Test func `lines that were cut off at the end are missed`() throws {
    note(5)
    try server.reopen()
    let lines = try lines()
    try put(Array(lines.dropLast()))
    #expect(try check().problems.map(\.what).first?.contains("entry 5 was there") == true)
    try put([])
    #expect(try !check().problems.isEmpty)
  }

  @Test(arguments: [1, 3, 5])
  func `what was cut off is not forgotten when the server goes on`(count: Int) throws {
    note(5)
    server.data.audit.stop()
    try put(Array(try lines().dropLast(count)))
    for _ in 0..<2 {
      try server.reopen()
      note(10)
      let problems = try check().problems.map(\.what)
      #expect(problems.contains { $0.contains("entry 5 was missing") }, "\(problems)")
    }
    #expect(try check().problems.filter { $0.what.contains("was missing") }.count == 1)
  }

  @Test func `an entry that was exchanged before the start is not forgotten either`() throws {
    note(4)
    server.data.audit.stop()
    let four = try lines()
    note(1)
    server.data.audit.stop()
    // Another fifth entry, linked as it should be, and a sixth.
    let digest = server.setup.world.digest
    var link = try #require(
      AuditLine.check(Array(four[3].dropLast()), after: link(of: four[2]), digest: digest)
    ).link
    var forged = four
    for number in [UInt64(5), 6] {
      let line = AuditLine.make(
        AuditEntry(.list).object(number: number, at: 0), after: link, digest: digest)
      forged.append(line.bytes + [10])
      link = line.link
    }
    try put(forged)
    try server.reopen()
    #expect(try check().problems.contains { $0.what.contains("entry 5 was missing") })
  }

  private func link(of line: [UInt8]) throws -> String {
    try #require(try JSONValue(parsing: line).objectValue?["link"]?.stringValue)
  }

  @Test func `entries behind the last note are none too many`() throws {
    note(5)
    server.data.audit.stop()
    let mark = try #require(try files.mark())
    note(3)
    server.data.audit.stop()
    try files.write(mark)
    try server.reopen()
    note(1)
    let check = try check()
    #expect(check.problems.isEmpty && check.last.number == 9)
  }

  @Test func `what a crash left of a line is kept aside, and the next entry follows`() throws {
    note(2)
    server.data.audit.stop()
    let path = try #require(try files.paths().first)
    let torn = Array(#"{"number":3,"at"#.utf8)
    try put(try lines() + [torn])
    #expect(try check().tornByteCount == torn.count)
    try server.reopen()
    note(1)
    let check = try check()
    #expect(check.problems.isEmpty && check.last.number == 4)
    #expect(try server.setup.fileSystem.readFile("\(path).torn") == torn)
  }

  @Test func `a full file is followed by another`() throws {
    let layout = ServerLayout(root: "\(server.root)/small")
    let files = AuditFiles(layout: layout, fileSystem: server.setup.fileSystem)
    for round in 1...3 {
      let log = try AuditLog(layout, setup: server.setup, fileByteCount: 500)
      for _ in 0..<4 { log.note(AuditEntry(.read, account: server.account)) }
      log.stop()
      let check = try AuditCheck(files, digest: server.setup.world.digest)
      #expect(check.problems.isEmpty && check.last.number == UInt64(4 * round))
    }
    #expect(try files.paths().count > 3)
    // Of two files the first may be gone as little as the last.
    let paths = try files.paths()
    for path in [paths[0], paths[paths.count - 1]] {
      let bytes = try server.setup.fileSystem.readFile(path)
      try server.setup.fileSystem.removeFile(path)
      let check = try AuditCheck(files, digest: server.setup.world.digest)
      #expect(!check.problems.isEmpty)
      try server.setup.fileSystem.writeFileDurably(path, bytes)
    }
  }

  @Test func `without room for an entry nothing is done, and all goes on when there is room`()
    throws
  {
    note(1)
    #expect(server.data.audit.obstacle() == nil)
    server.disk.fill()
    note(1)
    #expect(server.data.audit.obstacle() != nil)
    server.disk.empty()
    #expect(server.data.audit.obstacle() == nil)
    note(1)
    try server.reopen()
    let check = try check()
    #expect(check.problems.isEmpty && check.last.number == 3)
  }
}
