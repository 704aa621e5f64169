import Causality
import JSON
import Replica
import SyncProtocol
import Testing

@testable import Server

/// What laptops remember of their people, at the server.
@Suite struct DeviceAuditTests {
  private let server: TestServer
  private let device: UniqueID

  init() throws {
    server = try TestServer()
    device = try server.enrol(try server.code()).device.id
  }

  /// Lines that follow on one another from a number on.
  private func lines(_ numbers: ClosedRange<UInt64>, after link: String = AuditLine.root)
    -> (lines: [[UInt8]], link: String)
  {
    var (lines, link): ([[UInt8]], String) = ([], link)
    for number in numbers {
      let object: JSONObject = [
        "number": .number(JSONNumber(number)), "at": "2026-03-01T08:00:00.000Z", "event": "read",
        "ids": [.string(device.description)], "name": "Ada Okafor",
      ]
      let line = AuditLine.make(object, after: link, digest: server.setup.world.digest)
      lines.append(line.bytes)
      link = line.link
    }
    return (lines, link)
  }

  private func take(_ lines: [[UInt8]]) throws(SyncRefusal) -> UInt64 {
    let record = server.data.read { registry in registry.devices.first { $0.id == device } }
    guard let record else { return 0 }
    let body = Array(lines.map { $0 + [10] }.joined())
    return try DeviceAudits(data: server.data).take(body, from: record, "192.0.2.1")
  }

  /// What stands in the server's audit of it.
  private func noted() throws -> [String] {
    let files = AuditFiles(layout: server.data.layout, fileSystem: server.setup.fileSystem)
    let check = try AuditCheck(files, digest: server.setup.world.digest) { _ in true }
    #expect(check.problems.isEmpty)
    let text = check.lines.map { String(decoding: $0, as: UTF8.self) }
    #expect(!text.contains { $0.contains("Okafor") })
    return check.lines.compactMap { line in
      let object = (try? JSONValue(parsing: line))?.objectValue
      let number = object?["device_number"]?.intValue ?? object?["expected"]?.intValue
      return "\(object?["event"]?.stringValue ?? "") \(number ?? 0)"
    }
  }

  @Test func `lines come in once, also through a restart and when they come again`() throws {
    let (first, link) = lines(1...2)
    #expect(try take(first) == 2 && take(first) == 2)
    try server.reopen()
    #expect(try take(first + lines(3...3, after: link).lines) == 3)
    #expect(try take([]) == 3)
    #expect(try noted() == ["laptop 1", "laptop 2", "laptop 3"])
  }

  @Test func `a line that is missing or was changed is noted, and what follows is taken`() throws {
    let (first, link) = lines(1...2)
    #expect(try take(first) == 2)
    let (rest, end) = lines(3...5, after: link)
    #expect(try take(Array(rest.dropFirst())) == 5)
    var other = lines(6...6, after: end).lines
    let text = String(decoding: other[0], as: UTF8.self).replacing("read", with: "list")
    other[0] = Array(text.utf8)
    #expect(try take(other) == 6)
    #expect(
      try noted() == [
        "laptop 1", "laptop 2", "device_audit_broken 3", "laptop 4", "laptop 5",
        "device_audit_broken 6", "laptop 6",
      ])
  }

  @Test func `what is no line is refused, and nothing of it is taken`() throws {
    let (first, _) = lines(1...1)
    for line in ["x", "{}", #"{"number":2}"#, #"{"number":0,"link":"x"}"#] {
      #expect(throws: SyncRefusal.self) { try take(first + [Array(line.utf8)]) }
    }
    #expect(try noted().isEmpty)
  }
}
