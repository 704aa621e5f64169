package import Causality
package import JSON
import Planted

/// The value that a unit should have.
package struct UnitValue: Sendable {
  package let unit: String
  package let value: JSONObject

  package init(unit: String, value: JSONObject) {
    self.unit = unit
    self.value = value
  }
}

/// The values of units while their fields come in: those of a type's units by place, all others by
/// name.
private struct GatheredValues {
  private let rules: TypeRules
  private var known: [JSONObject?]
  private var others: [ExactString: JSONObject] = [:]

  init(_ rules: TypeRules) {
    self.rules = rules
    known = Array(repeating: nil, count: rules.units.count)
  }

  /// Gives a unit a value, if only an empty one.
  mutating func open(_ unit: String) {
    if let place = rules.place(ofUnit: unit) {
      known[place] = JSONObject()
    } else {
      others[ExactString(unit)] = JSONObject()
    }
  }

  mutating func add(_ member: JSONMember, toKnown place: Int) {
    known[place, default: JSONObject()].append(member.key, member.value)
  }

  mutating func add(_ member: JSONMember, to unit: String) {
    if let place = rules.place(ofUnit: unit) { return add(member, toKnown: place) }
    // An element that is named twice is there once.
    others[ExactString(unit), default: JSONObject()][member.key] = member.value
  }

  /// By name; the fields of each in schema order.
  var all: [UnitValue] {
    var values: [UnitValue] = []
    values.reserveCapacity(known.count + others.count)
    for place in rules.nameOrder {
      guard let value = known[place] else { continue }
      values.append(UnitValue(unit: rules.units[place].name, value: ordered(value)))
    }
    guard !others.isEmpty else { return values }
    // any order: they are sorted with the others
    values += others.map { UnitValue(unit: $0.key.text, value: ordered($0.value)) }
    return values.sorted { utf8Less($0.unit, $1.unit) }
  }

  private func ordered(_ value: JSONObject) -> JSONObject {
    guard value.count > 1 else { return value }
    return JSONObject(members: value.members.sorted(by: rules.showsBefore))
  }
}

extension [JSONObject?] {
  fileprivate subscript(place: Int, default value: JSONObject) -> JSONObject {
    get { self[place] ?? value }
    _modify {
      var current = self[place] ?? value
      self[place] = nil
      defer { self[place] = current }
      yield &current
    }
  }
}

extension TypeRules {
  /// The order in which fields are shown: those of the type, then the others by their bytes.
  func showsBefore(_ a: JSONMember, _ b: JSONMember) -> Bool {
    let (first, second) = (rank(ofField: a.key), rank(ofField: b.key))
    return first != second ? first < second : utf8Less(a.key, b.key)
  }
}

extension Document {
  /// The units that hold these fields, each with all its fields: what `set` takes, to make the
  /// document's visible fields equal to them.
  ///
  /// A field is written in the unit that holds it in this document, whatever the rules say
  /// (DESIGN, rule 20). Elements of sets and keys of maps that are gone get an empty value.
  package func unitValues(for fields: JSONObject, _ rules: TypeRules) -> [UnitValue] {
    let homes = fieldHomes()
    var values = GatheredValues(rules)
    for unit in contentUnits { values.open(unit.name) }
    for member in fields.members {
      if let home = homes[ExactString(member.key)] {
        for part in Self.parts(of: member, rule: rules.unit(holding: member.key)) {
          values.add(part.member, to: part.unit ?? home)
        }
      } else if let place = rules.place(ofUnitHolding: member.key) {
        guard rules.units[place].shape != .fields else {
          values.add(member, toKnown: place)
          continue
        }
        for part in Self.parts(of: member, rule: rules.units[place]) {
          values.add(part.member, to: part.unit ?? rules.units[place].name)
        }
      } else {
        values.add(member, to: member.key)
      }
    }
    return values.all
  }

  /// Field → unit of this document that holds it.
  private func fieldHomes() -> [ExactString: String] {
    var homes: [ExactString: String] = [:]
    for unit in contentUnits where !unit.name.utf8.contains(UInt8(ascii: "/")) {
      for version in unit.versions {
        for member in version.value.members { homes[ExactString(member.key)] = unit.name }
      }
    }
    return homes
  }

  /// A field as its unit stores it: whole, or one part for each element or key (and an empty one, so
  /// that an empty set or map is there as well).
  private static func parts(
    of member: JSONMember, rule: UnitRule
  ) -> [(unit: String?, member: JSONMember)] {
    let key = member.key
    switch (rule.shape, member.value) {
    case (.map, .object(let object)):
      let entries = object.members.map { entry in
        let part = JSONObject(members: [entry])
        return (
          unit: "\(rule.name)/\(entry.key)", member: JSONMember(key: key, value: .object(part))
        )
      }
      return [(rule.name, JSONMember(key: key, value: .object(JSONObject())))] + entries
    case (.set, .array(let array)) where array.allSatisfy({ $0.stringValue != nil }):
      let elements = array.compactMap(\.stringValue).map { element in
        (
          unit: "\(rule.name)/\(element)",
          member: JSONMember(key: key, value: .array([.string(element)]))
        )
      }
      return [(rule.name, JSONMember(key: key, value: .array([])))] + elements
    default:
      return [(nil, member)]
    }
  }

  /// Writes a value into a unit (DESIGN, rule 3): replaces the version that is shown, and every
  /// sibling equal to it; other siblings stay. A value equal to the shown one is no write.
  /// - Returns: whether anything was written.
  /// - Parameter knowledge: of the replica that writes.
  package mutating func set(
    _ new: UnitValue, by write: Write, knowledge: VersionVector? = nil, _ rules: TypeRules
  ) -> Bool {
    let rule = rules.unit(named: new.unit)
    let standing = versions(of: new.unit)
    let shown = rule.shown(of: standing)
    if let shown, shown.hasValue(new.value) { return false }
    if shown == nil, new.value.isEmpty { return false }
    let others = standing.filter { version in
      !version.isPutBack && !(shown.map(version.hasSameValue) ?? true)
    }
    put(
      new, by: write, rule, keeping: planted(Fault.unseenReplaced) ? [] : others,
      replaced: shown?.value, knowledge)
    return true
  }

  /// Decides a unit: replaces exactly the versions that were shown to the person who decided.
  /// Versions that came since stay beside the new one.
  /// - Parameter late: first dots of versions that were shown too, and stand in other documents.
  package mutating func resolve(
    _ new: UnitValue, replacing shown: [VersionKey], seeing late: [Dot] = [], by write: Write,
    knowledge: VersionVector? = nil, _ rules: TypeRules
  ) {
    let rule = rules.unit(named: new.unit)
    let standing = versions(of: new.unit)
    let others = standing.filter { !shown.contains($0.key) }
    put(
      new, by: write, rule, keeping: others, replaced: rule.shown(of: standing)?.value, knowledge,
      seeing: late)
  }

  private mutating func put(
    _ new: UnitValue, by write: Write, _ rule: UnitRule, keeping others: [Version],
    replaced: JSONObject?, _ knowledge: VersionVector?, seeing late: [Dot] = []
  ) {
    let details = VersionDetails(
      seen: firstDots(ofUnits: rule.compares) + late,
      replaced: rule.keepsReplacedValue ? replaced : nil,
      knowledge: rule.keepsKnowledge ? knowledge : nil
    ).orNone
    let version = Version(write: write, value: new.value, details: details)
    // Of one transaction that writes a unit twice, the last value stands.
    let kept = others.isEmpty ? others : others.filter { $0.key != version.key }
    replaceVersions(of: new.unit, with: kept + [version])
    clock.include(write.dot)
  }

  /// Of the versions that stand in units, elements of sets and keys of maps among them.
  private func firstDots(ofUnits names: [String]) -> [Dot] {
    if names.isEmpty { return [] }
    let takesAll = names == UnitRule.allUnits
    var dots: [Dot] = []
    for unit in units where unit.isContent {
      let name = ElementName.split(unit.name)?.field ?? unit.name
      if takesAll || names.contains(where: { utf8Equal($0, name) }) {
        dots += unit.versions.map(\.write.first)
      }
    }
    return dots
  }

  /// Deletes the document (DESIGN, rule 8): replaces all that was said about its life.
  /// - Parameter knowledge: of the replica that deletes.
  package mutating func delete(
    reason: DeleteReason, cause: DeleteCause? = nil, knowledge: VersionVector, by write: Write
  ) {
    if isErased { return }
    let deletion = Deletion(context: clock, knowledge: knowledge, reason: reason, cause: cause)
    let value = JSONObject([("deleted", .string(reason.rawValue))])
    let version = Version(
      write: write, value: value, details: VersionDetails(deletion: deletion))
    replaceVersions(of: Unit.life, with: [version])
    clock.include(write.dot)
  }

  /// Says that the document lives, whatever deletes stand (DESIGN, rule 11). Nothing happens to one that
  /// was erased.
  package mutating func undelete(by write: Write) {
    if isErased { return }
    let value = JSONObject([("alive", .bool(true))])
    replaceVersions(of: Unit.life, with: [Version(write: write, value: value)])
    clock.include(write.dot)
  }

  /// Gives the document its place in the server's order (DESIGN, rule 2): written once, by a server.
  package mutating func receive(number: Int, by write: Write) {
    let value = JSONObject([("number", .number(JSONNumber(number)))])
    replaceVersions(of: Unit.received, with: [Version(write: write, value: value)])
    clock.include(write.dot)
  }
}
