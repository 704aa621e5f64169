import API
import Causality
import Documents
import HTTP
import JSON
import Platform
import Replica
import SyncProtocol

/// What laptops remember of their people, taken into the server's own audit.
struct DeviceAudits: Sendable {
  /// The largest request, in bytes.
  static let maximumByteCount = 1 << 20

  /// Something that a laptop remembers.
  private struct Line {
    let number: UInt64
    let link: String
    let object: JSONObject
  }

  let data: ServerData

  /// Takes lines that follow on those before; others are taken as well, and it is noted that some are missing.
  /// Durable on return.
  /// - Returns: the number of the last.
  func take(_ body: [UInt8], from device: DeviceRecord, _ peer: String) throws(SyncRefusal)
    -> UInt64
  {
    let known = device.audit
    var last = known
    var new: [Line] = []
    for text in body.split(separator: UInt8(ascii: "\n")) {
      guard let line = Self.line(Array(text)) else {
        throw SyncRefusal(.malformed, "a line is none of an audit")
      }
      if line.number <= known.number { continue }
      if AuditLine.check(Array(text), after: last.link, digest: data.setup.world.digest) == nil
        || line.number != last.number + 1
      {
        note(.deviceAuditBroken, ["expected": .number(JSONNumber(last.number + 1))], device, peer)
      }
      last = AuditFiles.Mark(number: line.number, link: line.link)
      new.append(line)
    }
    for line in new { note(line, device, peer) }
    data.audit.synchronizeNow()
    do throws(ServerError) {
      for line in new where line.object["event"]?.stringValue == LocalAudit.emergencyEvent {
        try tell(of: line, device)
      }
      try data.note(audit: last, of: device.id)
    } catch {
      throw SyncRefusal(.unavailable, "the server cannot note that now; try again later")
    }
    return last.number
  }

  /// Somebody has read on a laptop without logging in: administrators want to know.
  private func tell(of line: Line, _ device: DeviceRecord) throws(ServerError) {
    let text = { (name: String) in line.object[name]?.stringValue.map(Self.shortened) ?? "-" }
    try data.tellAdministrators(
      of: device.account,
      """
      On the laptop "\(device.name)" somebody opened the records in an emergency, without logging in.

      When: \(text("at"))
      Reason: \(text("reason"))

      What was read is in the audit: satchel-server audit. The laptop's id is \(device.id).
      """,
      subject: "Emergency access on a laptop", id: line.link)
  }

  private static func line(_ bytes: [UInt8]) -> Line? {
    guard let object = (try? JSONValue(parsing: bytes, limits: limits))?.objectValue,
      let number = object["number"]?.intValue.flatMap({ UInt64(exactly: $0) }), number > 0,
      let link = object["link"]?.stringValue, link.utf8.count == 64
    else { return nil }
    return Line(number: number, link: link, object: object)
  }

  private static let limits = JSONLimits(maximumByteCount: 64 << 10, maximumValueCount: 2000)
  private static let mostIDs = 1000
  private static let mostTextCharacters = 200

  /// Only ids, numbers and what kind of thing was done are taken over, and the reason of an emergency.
  private func note(_ line: Line, _ device: DeviceRecord, _ peer: String) {
    var details: JSONObject = [
      "device_number": .number(JSONNumber(line.number)),
      "device_link": .string(line.link),
    ]
    for name in ["at", "event", "reason", "type", "format"] {
      guard let text = line.object[name]?.stringValue else { continue }
      details.append("device_\(name)", .string(Self.shortened(text)))
    }
    let ids = line.object.ids("ids").prefix(Self.mostIDs)
    if !ids.isEmpty { details.append("ids", .array(ids.map(JSONValue.id))) }
    note(.laptop, details, device, peer, user: line.object.id("user"))
  }

  private static func shortened(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(mostTextCharacters)))
  }

  private func note(
    _ event: AuditEntry.Event, _ details: JSONObject, _ device: DeviceRecord, _ peer: String,
    user: UniqueID? = nil
  ) {
    data.audit.note(
      AuditEntry(
        event, account: device.account, user: user, device: device.id, peer: peer,
        details: details))
  }
}

extension ServerData {
  /// Durable on return.
  fileprivate func note(
    audit mark: AuditFiles.Mark, of device: UniqueID
  ) throws(ServerError) {
    try update { (registry) throws(ServerError) in
      for place in registry.devices.indices where registry.devices[place].id == device {
        registry.devices[place].audit = mark
      }
    }
  }
}
