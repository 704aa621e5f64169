package import Causality
import Documents
import JSON
import Storage
package import SyncProtocol

/// What a laptop remembers of its server between exchanges; a register of the store.
package struct PeerState: Sendable {
  static let register = "peer"

  /// The server's knowledge at the end of the last exchange.
  package var knowledge = VersionVector()
  /// The server has all that arrived here up to this number, as the store counts them: 0 where it has counted
  /// anew since.
  package var pushedUpTo: UInt64 = 0
  /// Where the last complete pull ended.
  package var cursor: PullCursor?
  /// What the device may see (DESIGN, rule 25); nil for its whole account.
  package var scope: String?
  /// Milliseconds to add to this machine's clock to get the server's.
  package var clockOffset = 0
  /// What not every active replica had then, each entry as far as all had it.
  package var unstable: [VersionVector.Entry] = []

  /// What every active replica has, as far as is known here (DESIGN, rule 15).
  package var stable: VersionVector { Self.stable(knowledge, unstable) }

  static func stable(
    _ knowledge: VersionVector, _ unstable: [VersionVector.Entry]
  ) -> VersionVector {
    var stable = VersionVector()
    for entry in knowledge.entries {
      let number = unstable.first { $0.replica == entry.replica }?.number ?? entry.number
      if number > 0 { stable.include(Dot(entry.replica, number)) }
    }
    return stable
  }

  init() {}

  /// Reads the register; what is missing or malformed is as at the first exchange.
  init(_ tables: borrowing Tables) {
    guard let object = tables.registers[Self.register]?.objectValue else { return }
    knowledge = VersionVector().applying(SyncCodec.entries(object["knowledge"]) ?? [])
    if object.hasNumbering(of: tables) {
      pushedUpTo = UInt64(max(0, object["pushed_up_to"]?.intValue ?? 0))
    }
    cursor = object["cursor"].flatMap(SyncCodec.cursor)
    clockOffset = object["clock_offset"]?.intValue ?? 0
    scope = object["scope"]?.stringValue
    unstable = SyncCodec.entries(object["unstable"]) ?? []
  }

  /// - Parameter numbering: the store's, as it is now.
  func value(numbering: UInt64) -> JSONValue {
    var object: JSONObject = [
      "knowledge": SyncCodec.value(knowledge.entries),
      "pushed_up_to": .number(JSONNumber(pushedUpTo)), "clock_offset": .int(clockOffset),
    ]
    object.setNumbering(numbering)
    if !unstable.isEmpty { object.append("unstable", SyncCodec.value(unstable)) }
    if let scope { object.append("scope", .string(scope)) }
    if let cursor { object.append("cursor", SyncCodec.encode(cursor)) }
    return .object(object)
  }
}

extension JSONObject {
  /// Notes how the arrivals were counted that the object names by their numbers.
  mutating func setNumbering(_ numbering: UInt64) {
    if numbering > 0 { append("numbering", .string(HexText.text(numbering))) }
  }

  /// Whether arrivals are still counted as they were when this was noted.
  func hasNumbering(of tables: borrowing Tables) -> Bool {
    let noted = self["numbering"]?.stringValue
    return (noted.flatMap { HexText.number($0) } ?? 0) == tables.numbering
  }
}
