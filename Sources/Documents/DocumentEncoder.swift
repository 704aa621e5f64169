package import Causality
package import JSON

/// Writes documents and parts of them as JSON objects: the visible fields at the top level, in schema
/// order, and under `_sync` what the merge needs. Files, log records and messages hold the same form;
/// its grammar stands in `DocumentDecoder`.
package struct DocumentEncoder {
  /// Ids by number. In a file the table goes with the document; in a stream it is shared.
  package private(set) var table = IDTable()
  private let embedsTable: Bool

  /// - Parameter embedsTable: whether each document carries its own table.
  package init(embedsTable: Bool) { self.embedsTable = embedsTable }

  package mutating func encode(_ document: Document, _ rules: TypeRules) -> JSONObject {
    if embedsTable { table = IDTable() }
    var split = SplitVersions(document, rules)
    var object = JSONObject()
    object.append("id", .string(document.key.id.description))
    object.append("type", .string(document.key.type))
    for member in split.fields.members { object.append(member.key, member.value) }
    object.append("_sync", .object(sync(document, &split)))
    return object
  }

  private mutating func sync(_ document: Document, _ split: inout SplitVersions) -> JSONObject {
    var sync = JSONObject()
    sync.append("schema", .number(JSONNumber(document.schemaVersion)))
    sync.append("clock", vector(document.clock))
    sync.append("origin", .object(origin(document.origin)))
    let writes = split.placed.map { write($0.write, units: $0.units) }
    sync.append("writes", .array(writes.map(JSONValue.object)))
    if !split.others.isEmpty {
      let versions = split.others.map { other(unit: $0.unit, $0.version) }
      sync.append("versions", .array(versions.map(JSONValue.object)))
    }
    if embedsTable {
      let ids = table.ids.map { JSONValue.string($0.description) }
      sync.members.insert(JSONMember(key: "ids", value: .array(ids)), at: 0)
    }
    return sync
  }

  private mutating func origin(_ origin: Origin) -> JSONObject {
    var object = JSONObject()
    object.append("dot", dot(origin.dot))
    object.append("at", .string(StampText.text(origin.stamp)))
    object.append("by", author(origin.author))
    return object
  }

  private mutating func header(_ write: Write) -> JSONObject {
    var object = JSONObject()
    object.append("dot", dot(write.dot))
    if write.first != write.dot { object.append("first", dot(write.first)) }
    object.append("at", .string(StampText.text(write.stamp)))
    object.append("by", author(write.author))
    return object
  }

  private mutating func write(_ write: Write, units: [PlacedUnit]) -> JSONObject {
    var object = header(write)
    object.append("units", .array(units.map(\.name)))
    for unit in units {
      guard let details = unit.version.details else { continue }
      object["seen", default: JSONObject()].appendIfAny(unit.unit, dots(details.seen))
      if let replaced = details.replaced {
        object["replaced", default: JSONObject()].append(unit.unit, .object(replaced))
      }
    }
    return object
  }

  private mutating func other(unit: String, _ version: Version) -> JSONObject {
    var object = header(version.write)
    object.append("unit", .string(unit))
    object.append("value", .object(version.value))
    guard let details = version.details else { return object }
    object.appendIfAny("seen", dots(details.seen))
    if let replaced = details.replaced { object.append("replaced", .object(replaced)) }
    if let deletion = details.deletion { append(deletion, to: &object) }
    return object
  }

  private mutating func append(_ deletion: Deletion, to object: inout JSONObject) {
    object.append("reason", .string(deletion.reason.rawValue))
    object.append("context", vector(deletion.context))
    object.append("knowledge", vector(deletion.knowledge))
    guard let cause = deletion.cause else { return }
    let names: [(String, JSONValue)] = [
      ("type", .string(cause.document.type)),
      ("id", .string(cause.document.id.description)), ("dot", dot(cause.dot)),
    ]
    object.append("cause", .object(JSONObject(names)))
  }

  private mutating func dot(_ dot: Dot) -> JSONValue {
    .array([number(of: dot.replica), .number(JSONNumber(dot.number))])
  }

  private mutating func dots(_ dots: [Dot]) -> [JSONValue] { dots.map { dot($0) } }

  private mutating func author(_ author: Author) -> JSONValue {
    let device = number(of: author.device)
    return .array(author.user.map { [device, number(of: $0)] } ?? [device])
  }

  package mutating func vector(_ vector: VersionVector) -> JSONValue {
    .array(vector.entries.map { dot(Dot($0.replica, $0.number)) })
  }

  package mutating func number(of id: UniqueID) -> JSONValue {
    .number(JSONNumber(table.number(of: id)))
  }
}

/// The text of a stamp: its time, and its counter behind a slash where it is not 0.
package enum StampText {
  package static func text(_ stamp: Stamp) -> String {
    let time = Timestamp.text(milliseconds: stamp.milliseconds)
    return stamp.counter == 0 ? time : "\(time)/\(stamp.counter)"
  }

  package static func stamp(_ text: String) -> Stamp? {
    guard text.utf8.contains(UInt8(ascii: "/")) else {
      return Timestamp.milliseconds(text).map { Stamp(milliseconds: $0) }
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let time = parts.first,
      let milliseconds = Timestamp.milliseconds(String(time))
    else { return nil }
    guard parts.count == 2 else { return Stamp(milliseconds: milliseconds) }
    guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return UInt16(parts[1]).map { Stamp(milliseconds: milliseconds, counter: $0) }
  }
}

/// A unit whose visible version stands at the top level of the encoded document.
struct PlacedUnit {
  let unit: String
  let version: Version

  /// `email` for a unit with the one field of its name; else the unit, then its fields.
  var name: JSONValue {
    let fields = version.value.members.map(\.key)
    let isElement = unit.utf8.contains(UInt8(ascii: "/"))
    if isElement || fields.count == 1 && utf8Equal(fields[0], unit) { return .string(unit) }
    return .array([.string(unit)] + fields.map(JSONValue.string))
  }
}

/// A document's versions, split into those whose values stand at the top level and all others.
struct SplitVersions {
  /// Keys of the form itself: a field of such a name does not stand at the top level.
  private static let reservedNames = ["id", "type", "_sync"]

  private(set) var fields: JSONObject
  private(set) var placed: [(write: Write, units: [PlacedUnit])] = []
  private(set) var others: [(unit: String, version: Version)] = []

  init(_ document: Document, _ rules: TypeRules) {
    fields = document.visibleFields(rules)
    for name in Self.reservedNames { fields[name] = nil }
    for unit in document.units {
      let shown = unit.isContent ? rules.shown(unit) : nil
      for version in unit.versions {
        let isPlaced = version.key == shown?.key && stands(version.value, unit: unit.name)
        guard isPlaced else {
          others.append((unit.name, version))
          continue
        }
        let place = placed.firstIndex { $0.write.isSame(as: version.write) } ?? placed.count
        if place == placed.count { placed.append((version.write, [])) }
        placed[place].units.append(PlacedUnit(unit: unit.name, version: version))
      }
    }
  }

  /// Whether a value can be read back from the top level: two units may claim the same field.
  private func stands(_ value: JSONObject, unit: String) -> Bool {
    if let (field, entry) = ElementName.split(unit) {
      return ElementName.value(field: field, entry: entry, in: fields)
        .isIdentical(to: .object(value))
    }
    return value.members.allSatisfy { member in
      fields[member.key]?.isIdentical(to: member.value) ?? false
    }
  }
}

/// Names of units that are an element of a set or a key of a map: `field/entry`.
enum ElementName {
  static func split(_ unit: String) -> (field: String, entry: String)? {
    guard let slash = unit.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
    return (String(unit[..<slash]), String(unit[unit.utf8.index(after: slash)...]))
  }

  /// The value of such a unit as it stands in the fields; empty if the entry is not there.
  static func value(field: String, entry: String, in fields: JSONObject) -> JSONValue {
    switch fields[field] {
    case .object(let object):
      guard let value = object[entry] else { return .object(JSONObject()) }
      return .object(JSONObject([(field, .object(JSONObject([(entry, value)])))]))
    case .array(let array):
      let isThere = array.contains { $0.stringValue.map { utf8Equal($0, entry) } ?? false }
      guard isThere else { return .object(JSONObject()) }
      return .object(JSONObject([(field, .array([.string(entry)]))]))
    default:
      return .object(JSONObject())
    }
  }
}

extension JSONObject {
  fileprivate subscript(key: String, default value: JSONObject) -> JSONObject {
    get { self[key]?.objectValue ?? value }
    set { self[key] = newValue.isEmpty ? nil : .object(newValue) }
  }

  fileprivate mutating func appendIfAny(_ key: String, _ values: [JSONValue]) {
    if !values.isEmpty { append(key, .array(values)) }
  }
}
