package import Causality
package import JSON

/// Writes documents and parts of them as JSON objects: the visible fields at the top level, in schema
/// order, and under `_sync` what the merge needs. Files, log records and messages hold the same form;
/// its grammar stands in `DocumentDecoder`.
package struct DocumentEncoder {
  /// Ids by number. In a file the table goes with the document; in a stream it is shared.
  package private(set) var table = IDTable()
  private let embedsTable: Bool
  /// What stands in `_sync` behind the ids; kept for its memory.
  private var sync = JSONBytes()

  /// - Parameter embedsTable: whether each document carries its own table.
  package init(embedsTable: Bool) { self.embedsTable = embedsTable }

  /// Enters all ids that a document names into the table.
  package mutating func note(idsOf document: Document) {
    note(document.clock)
    note(document.origin.dot, document.origin.author)
    for unit in document.units {
      for version in unit.versions {
        note(version.write.dot, version.write.author)
        table.note(version.write.first.replica)
        guard let details = version.details else { continue }
        for dot in details.seen { table.note(dot.replica) }
        if let knowledge = details.knowledge { note(knowledge) }
        guard let deletion = details.deletion else { continue }
        note(deletion.context)
        note(deletion.knowledge)
        if let cause = deletion.cause { table.note(cause.dot.replica) }
      }
    }
  }

  private mutating func note(_ vector: VersionVector) {
    for entry in vector.entries { table.note(entry.replica) }
  }

  private mutating func note(_ dot: Dot, _ author: Author) {
    table.note(dot.replica)
    table.note(author.device)
    if let user = author.user { table.note(user) }
  }

  /// Appends a document as one JSON object without white space.
  /// - Parameter fields: the document's visible fields.
  package mutating func encode(
    _ document: Document, fields: JSONObject, _ rules: TypeRules, into bytes: inout [UInt8]
  ) {
    if embedsTable { table = IDTable() }
    let split = SplitVersions(document, visible: fields, rules)
    sync.removeAll()
    write(document, split)
    var out = JSONBytes(appendingTo: &bytes)
    out.beginObject()
    out.key("id")
    out.string(document.key.id.description)
    out.key("type")
    out.string(document.key.type)
    for member in split.fields.members { out.member(member) }
    out.key("_sync")
    out.beginObject()
    if embedsTable {
      out.key("ids")
      out.beginArray()
      for id in table.ids { out.string(id.description) }
      out.endArray()
    }
    out.continueObject(sync)
    out.endObject()
    out.endObject()
    bytes = out.take()
  }

  /// As above, for whoever does not need the fields.
  package mutating func encode(
    _ document: Document, _ rules: TypeRules, into bytes: inout [UInt8]
  ) {
    encode(document, fields: document.visibleFields(rules), rules, into: &bytes)
  }

  private mutating func write(_ document: Document, _ split: SplitVersions) {
    sync.key("schema")
    sync.number(document.schemaVersion)
    sync.key("clock")
    write(document.clock)
    if !document.dropped.isEmpty {
      sync.key("dropped")
      sync.beginObject()
      for unit in document.dropped {
        sync.key(unit.name)
        write(unit.keys)
      }
      sync.endObject()
    }
    sync.key("origin")
    sync.beginObject()
    header(
      document.origin.dot, first: nil, document.origin.stamp, document.origin.author)
    sync.endObject()
    sync.key("writes")
    sync.beginArray()
    for (write, units) in split.placed { self.write(write, units: units) }
    sync.endArray()
    guard !split.others.isEmpty else { return }
    sync.key("versions")
    sync.beginArray()
    for (unit, version) in split.others { write(version, of: unit) }
    sync.endArray()
  }

  private mutating func header(_ dot: Dot, first: Dot?, _ stamp: Stamp, _ author: Author) {
    sync.key("dot")
    write(dot)
    if let first, first != dot {
      sync.key("first")
      write(first)
    }
    sync.key("at")
    sync.string(StampText.text(stamp))
    sync.key("by")
    sync.beginArray()
    write(author.device)
    if let user = author.user { write(user) }
    sync.endArray()
  }

  private mutating func header(_ write: Write) {
    header(write.dot, first: write.first, write.stamp, write.author)
  }

  private mutating func write(_ write: Write, units: [PlacedUnit]) {
    sync.beginObject()
    header(write)
    sync.key("units")
    sync.beginArray()
    for unit in units { unit.writeName(into: &sync) }
    sync.endArray()
    if units.contains(where: { $0.version.details?.seen.isEmpty == false }) {
      sync.key("seen")
      sync.beginObject()
      for unit in units {
        guard let seen = unit.version.details?.seen, !seen.isEmpty else { continue }
        sync.key(unit.unit)
        self.write(seen)
      }
      sync.endObject()
    }
    if units.contains(where: { $0.version.details?.replaced != nil }) {
      sync.key("replaced")
      sync.beginObject()
      for unit in units {
        guard let replaced = unit.version.details?.replaced else { continue }
        sync.key(unit.unit)
        sync.value(.object(replaced))
      }
      sync.endObject()
    }
    if units.contains(where: { $0.version.details?.knowledge != nil }) {
      sync.key("knowledge")
      sync.beginObject()
      for unit in units {
        guard let knowledge = unit.version.details?.knowledge else { continue }
        sync.key(unit.unit)
        self.write(knowledge)
      }
      sync.endObject()
    }
    sync.endObject()
  }

  private mutating func write(_ version: Version, of unit: String) {
    sync.beginObject()
    header(version.write)
    sync.key("unit")
    sync.string(unit)
    sync.key("value")
    sync.value(.object(version.value))
    if let seen = version.details?.seen, !seen.isEmpty {
      sync.key("seen")
      write(seen)
    }
    if let replaced = version.details?.replaced {
      sync.key("replaced")
      sync.value(.object(replaced))
    }
    if let knowledge = version.details?.knowledge {
      sync.key("knowledge")
      write(knowledge)
    }
    if version.isPutBack {
      sync.key("put_back")
      sync.value(true)
    }
    if let deletion = version.details?.deletion { write(deletion) }
    sync.endObject()
  }

  private mutating func write(_ deletion: Deletion) {
    sync.key("reason")
    sync.string(deletion.reason.rawValue)
    sync.key("context")
    write(deletion.context)
    sync.key("knowledge")
    write(deletion.knowledge)
    guard let cause = deletion.cause else { return }
    sync.key("cause")
    sync.beginObject()
    sync.key("type")
    sync.string(cause.document.type)
    sync.key("id")
    sync.string(cause.document.id.description)
    sync.key("dot")
    write(cause.dot)
    sync.endObject()
  }

  private mutating func write(_ vector: VersionVector) {
    sync.beginArray()
    for entry in vector.entries { write(Dot(entry.replica, entry.number)) }
    sync.endArray()
  }

  private mutating func write(_ dots: [Dot]) {
    sync.beginArray()
    for dot in dots { write(dot) }
    sync.endArray()
  }

  /// A key is a dot, followed by the first dot if that is another.
  private mutating func write(_ keys: [VersionKey]) {
    sync.beginArray()
    for key in keys { write(key.dot == key.first ? [key.dot] : [key.dot, key.first]) }
    sync.endArray()
  }

  private mutating func write(_ dot: Dot) {
    sync.beginArray()
    write(dot.replica)
    sync.number(dot.number)
    sync.endArray()
  }

  private mutating func write(_ id: UniqueID) { sync.number(table.number(of: id)) }
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
  func writeName(into out: inout JSONBytes) {
    let members = version.value.members
    if members.count == 1, utf8Equal(members[0].key, unit) { return out.string(unit) }
    if unit.utf8.contains(UInt8(ascii: "/")) { return out.string(unit) }
    out.beginArray()
    out.string(unit)
    for member in members { out.string(member.key) }
    out.endArray()
  }
}

/// A document's versions, split into those whose values stand at the top level and all others.
struct SplitVersions {
  /// Keys of the form itself: a field of such a name does not stand at the top level.
  private static let reservedNames = ["id", "type", "_sync"]

  private(set) var fields: JSONObject
  private(set) var placed: [(write: Write, units: [PlacedUnit])] = []
  private(set) var others: [(unit: String, version: Version)] = []

  /// - Parameter fields: the document's visible fields.
  init(_ document: Document, visible fields: JSONObject, _ rules: TypeRules) {
    self.fields = fields
    for name in Self.reservedNames { self.fields[name] = nil }
    let shown = document.units.map { $0.isContent ? rules.place(ofShown: $0) : nil }
    let shownCount = zip(document.units, shown).reduce(0) { sum, unit in
      sum + (unit.1.map { unit.0.versions[$0].value.count } ?? 0)
    }
    // Then no field is of two units, and none is reserved.
    let isPlain = shownCount == self.fields.count
    for (place, unit) in document.units.enumerated() {
      let stands = isPlain && !unit.name.utf8.contains(UInt8(ascii: "/"))
      for (number, version) in unit.versions.enumerated() {
        guard number == shown[place], !version.isPutBack,
          stands || self.stands(version.value, unit: unit.name)
        else {
          others.append((unit.name, version))
          continue
        }
        let write = placed.firstIndex { $0.write.isSame(as: version.write) } ?? placed.count
        if write == placed.count { placed.append((version.write, [])) }
        placed[write].units.append(PlacedUnit(unit: unit.name, version: version))
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
