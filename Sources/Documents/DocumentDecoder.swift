import Causality
package import JSON

/// Why an encoded document cannot be read.
package struct DocumentCodecError: Error, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// Reads what `DocumentEncoder` writes:
///
///     document = { "id": ID, "type": TYPE, FIELD…, "_sync": sync }
///     sync     = { "ids": [ID…]?, "schema": N, "clock": [dot…], "dropped": {UNIT: [key…]}?, "origin": {dot, at, by},
///                  "writes": [write…], "versions": [version…]? }
///     write    = { "dot": dot, "first": dot?, "at": STAMP, "by": by, "units": [unit…],
///                  "seen": {UNIT: [dot…]}?, "replaced": {UNIT: {FIELD…}}?,
///                  "knowledge": {UNIT: [dot…]}? }
///     unit     = UNIT | [UNIT, FIELD…]
///     version  = { "dot", "first"?, "at", "by", "unit": UNIT, "value": {FIELD…}, "seen": [dot…]?,
///                  "replaced"?, "put_back": true?, "reason"?, "context": [dot…]?, "knowledge": [dot…]?, "cause"? }
///     key      = [dot] | [dot, FIRST DOT], of a version without a value
///     dot      = [NUMBER OF ID, N]            by = [DEVICE] | [DEVICE, USER], numbers of ids
///
/// The value of a unit in `writes` stands at the top level; `versions` hold theirs.
package struct DocumentDecoder {
  /// The longest name of a type: it becomes the name of a directory.
  package static let maximumTypeByteCount = 64

  package var table: IDTable

  /// - Parameter table: the stream's ids; a document that carries its own uses that.
  package init(table: IDTable = IDTable()) { self.table = table }

  package func decode(_ object: JSONObject) throws(DocumentCodecError) -> Document {
    guard let type = object["type"]?.stringValue, !type.isEmpty else {
      throw DocumentCodecError("a document without a type")
    }
    guard type.utf8.count <= Self.maximumTypeByteCount else {
      throw DocumentCodecError("a type of more than \(Self.maximumTypeByteCount) bytes")
    }
    guard let key = DocumentKey(reading: object) else {
      throw DocumentCodecError("a \(type) without an id")
    }
    do {
      return try Body(key: key, object: object, streamTable: table).document()
    } catch {
      throw DocumentCodecError("\(key): \(error)")
    }
  }
}

extension DocumentKey {
  /// Of an encoded document; nil if it names none.
  package init?(reading object: JSONObject) {
    guard let type = object["type"]?.stringValue, !type.isEmpty,
      type.utf8.count <= DocumentDecoder.maximumTypeByteCount,
      let id = object["id"]?.stringValue.flatMap({ UniqueID($0) })
    else { return nil }
    self.init(type: type, id: id)
  }
}

/// One document while it is read.
private struct Body {
  let key: DocumentKey
  let object: JSONObject
  let sync: JSONObject
  let table: IDTable

  init(key: DocumentKey, object: JSONObject, streamTable: IDTable) throws(DocumentCodecError) {
    guard let sync = object["_sync"]?.objectValue else {
      throw DocumentCodecError("_sync is missing")
    }
    self.key = key
    self.object = object
    self.sync = sync
    guard let ids = sync["ids"] else {
      table = streamTable
      return
    }
    var own = IDTable()
    for id in try Self.array(ids, "ids") {
      guard let id = id.stringValue.flatMap({ UniqueID($0) }) else {
        throw DocumentCodecError("ids holds something that is no id")
      }
      _ = own.number(of: id)
    }
    table = own
  }

  private typealias UnitVersion = (unit: String, version: Version)

  func document() throws(DocumentCodecError) -> Document {
    var versions: [UnitVersion] = []
    for entry in try Self.array(sync["writes"], "writes") {
      try read(write: try Self.object(entry, "a write"), into: &versions)
    }
    if let others = sync["versions"] {
      for entry in try Self.array(others, "versions") {
        let object = try Self.object(entry, "a version")
        guard let unit = object["unit"]?.stringValue else {
          throw DocumentCodecError("a version without a unit")
        }
        versions.append((unit, try version(object)))
      }
    }
    return Document(
      key: key, clock: try vector(sync["clock"]), origin: try origin(),
      schemaVersion: sync["schema"]?.intValue ?? 1,
      units: try units(versions), dropped: try dropped(versions))
  }

  private func dropped(_ versions: [UnitVersion]) throws(DocumentCodecError) -> [DroppedUnit] {
    guard let value = sync["dropped"] else { return [] }
    if let names = value.arrayValue { return try dropped(names, versions) }
    var units: [DroppedUnit] = []
    for unit in try Self.object(value, "dropped").members {
      var keys: [VersionKey] = []
      for entry in try Self.array(unit.value, "a dropped unit") {
        keys.append(try versionKey(entry))
      }
      let there = Set(versions.lazy.filter { utf8Equal($0.unit, unit.key) }.map(\.version.key))
      guard !keys.isEmpty, there.isDisjoint(with: keys), Unit.isContent(unit.key) else {
        throw DocumentCodecError("dropped names no content, or a version that is there")
      }
      units.append(DroppedUnit(name: unit.key, keys: keys))
    }
    return units
  }

  /// As older programs wrote it: the creation, which everybody has seen, stands for the keys.
  private func dropped(
    _ names: [JSONValue], _ versions: [UnitVersion]
  ) throws(DocumentCodecError) -> [DroppedUnit] {
    let dot = try origin().dot
    return names.compactMap(\.stringValue).filter { name in
      Unit.isContent(name) && !versions.contains { utf8Equal($0.unit, name) }
    }.map { DroppedUnit(name: $0, keys: [VersionKey(dot: dot, first: dot)]) }
  }

  private func versionKey(_ value: JSONValue) throws(DocumentCodecError) -> VersionKey {
    let dots = try dots(value)
    guard let dot = dots.first, let first = dots.last, dots.count <= 2 else {
      throw DocumentCodecError("a key without a dot")
    }
    return VersionKey(dot: dot, first: first)
  }

  private func units(_ versions: [UnitVersion]) throws(DocumentCodecError) -> [Unit] {
    var units: [Unit] = []
    units.reserveCapacity(versions.count)
    // One version each, in order: as nearly every document is written.
    let isPlain = versions.indices.dropFirst().allSatisfy { place in
      utf8Less(versions[place - 1].unit, versions[place].unit)
    }
    if isPlain {
      for (name, version) in versions { units.append(Unit(name: name, versions: [version])) }
      return units
    }
    var rest = versions.sorted { utf8Less($0.unit, $1.unit) }[...]
    while let name = rest.first?.unit {
      let own = rest.prefix { utf8Equal($0.unit, name) }
      rest = rest.dropFirst(own.count)
      if own.count > 1, Set(own.map(\.version.key)).count < own.count {
        throw DocumentCodecError("the unit \(name) has a version twice")
      }
      units.append(Unit(name: name, versions: own.map(\.version)))
    }
    return units
  }

  private func read(
    write object: JSONObject, into versions: inout [UnitVersion]
  ) throws(DocumentCodecError) {
    let write = try header(object)
    let seen = object["seen"]?.objectValue
    let replaced = object["replaced"]?.objectValue
    let known = object["knowledge"]?.objectValue
    for entry in try Self.array(object["units"], "units") {
      let (unit, value) = try placed(entry)
      let dots = try seen?[unit].map { (value) throws(DocumentCodecError) in try self.dots(value) }
      let knowledge = try known?[unit].map { (value) throws(DocumentCodecError) in
        try vector(value)
      }
      let details = VersionDetails(
        seen: dots ?? [], replaced: replaced?[unit]?.objectValue, knowledge: knowledge
      ).orNone
      versions.append((unit, Version(write: write, value: value, details: details)))
    }
  }

  private func placed(_ entry: JSONValue) throws(DocumentCodecError) -> (String, JSONObject) {
    if let unit = entry.stringValue {
      if let (field, key) = ElementName.split(unit) {
        let value = ElementName.value(field: field, entry: key, in: object)
        return (unit, value.objectValue ?? JSONObject())
      }
      return (unit, try fields([unit]))
    }
    let names = try Self.array(entry, "a unit").compactMap(\.stringValue)
    guard let unit = names.first else { throw DocumentCodecError("a unit without a name") }
    return (unit, try fields(Array(names.dropFirst())))
  }

  private func fields(_ names: [String]) throws(DocumentCodecError) -> JSONObject {
    var value = JSONObject()
    for name in names {
      guard let field = object[name] else {
        throw DocumentCodecError("the field \(name) is missing")
      }
      value.append(name, field)
    }
    return value
  }

  private func version(_ object: JSONObject) throws(DocumentCodecError) -> Version {
    guard let value = object["value"]?.objectValue else {
      throw DocumentCodecError("a version without a value")
    }
    let seen = try object["seen"].map { (value) throws(DocumentCodecError) in try dots(value) }
    let deletion = try deletion(object)
    let knowledge =
      deletion == nil
      ? try object["knowledge"].map { (value) throws(DocumentCodecError) in try vector(value) }
      : nil
    let isPutBack = object["put_back"]?.boolValue ?? false
    guard !isPutBack || value.isEmpty && deletion == nil else {
      throw DocumentCodecError("a version that was put back says something")
    }
    let details = VersionDetails(
      seen: seen ?? [], replaced: object["replaced"]?.objectValue, deletion: deletion,
      knowledge: knowledge, isPutBack: isPutBack)
    return Version(write: try header(object), value: value, details: details.orNone)
  }

  private func deletion(_ object: JSONObject) throws(DocumentCodecError) -> Deletion? {
    guard let text = object["reason"]?.stringValue else { return nil }
    guard let reason = DeleteReason(rawValue: text) else {
      throw DocumentCodecError("\"\(text.prefix(40))\" is no reason for a delete")
    }
    return Deletion(
      context: try vector(object["context"]), knowledge: try vector(object["knowledge"]),
      reason: reason, cause: try object["cause"].map(cause))
  }

  private func cause(_ value: JSONValue) throws(DocumentCodecError) -> DeleteCause {
    let object = try Self.object(value, "a cause")
    guard let type = object["type"]?.stringValue,
      let id = object["id"]?.stringValue.flatMap({ UniqueID($0) })
    else { throw DocumentCodecError("a cause without a document") }
    return DeleteCause(document: DocumentKey(type: type, id: id), dot: try dot(object["dot"]))
  }

  private func header(_ object: JSONObject) throws(DocumentCodecError) -> Write {
    let dot = try dot(object["dot"])
    let first = try object["first"].map { (value) throws(DocumentCodecError) in
      try self.dot(value)
    }
    return Write(
      dot: dot, first: first ?? dot, stamp: try stamp(object["at"]),
      author: try author(object["by"]))
  }

  private func origin() throws(DocumentCodecError) -> Origin {
    let object = try Self.object(sync["origin"], "origin")
    return Origin(
      dot: try dot(object["dot"]), stamp: try stamp(object["at"]),
      author: try author(object["by"]))
  }

  private func stamp(_ value: JSONValue?) throws(DocumentCodecError) -> Stamp {
    guard let stamp = value?.stringValue.flatMap(StampText.stamp) else {
      throw DocumentCodecError("a time is missing or malformed")
    }
    return stamp
  }

  private func author(_ value: JSONValue?) throws(DocumentCodecError) -> Author {
    let numbers = try Self.array(value, "by")
    guard let device = numbers.first, numbers.count <= 2 else {
      throw DocumentCodecError("an author without a device")
    }
    let user = try numbers.dropFirst().first.map { (number) throws(DocumentCodecError) in
      try id(number)
    }
    return Author(user: user, device: try id(device))
  }

  private func vector(_ value: JSONValue?) throws(DocumentCodecError) -> VersionVector {
    var result = VersionVector()
    for dot in try dots(value) { result.include(dot) }
    return result
  }

  private func dots(_ value: JSONValue?) throws(DocumentCodecError) -> [Dot] {
    var result: [Dot] = []
    for entry in try Self.array(value, "a list of dots") { result.append(try dot(entry)) }
    return result
  }

  private func dot(_ value: JSONValue?) throws(DocumentCodecError) -> Dot {
    let pair = try Self.array(value, "a dot")
    guard pair.count == 2, let number = pair[1].intValue, number > 0 else {
      throw DocumentCodecError("a dot is malformed")
    }
    return Dot(try id(pair[0]), UInt64(number))
  }

  private func id(_ value: JSONValue) throws(DocumentCodecError) -> UniqueID {
    guard let number = value.intValue, let id = table[number] else {
      throw DocumentCodecError("an id that no table names")
    }
    return id
  }

  private static func array(
    _ value: JSONValue?, _ what: String
  ) throws(DocumentCodecError) -> [JSONValue] {
    guard let array = value?.arrayValue else { throw DocumentCodecError("\(what) is no array") }
    return array
  }

  private static func object(
    _ value: JSONValue?, _ what: String
  ) throws(DocumentCodecError) -> JSONObject {
    guard let object = value?.objectValue else { throw DocumentCodecError("\(what) is no object") }
    return object
  }
}
