package import Causality
package import JSON

/// The value that a unit should have.
package struct UnitValue: Sendable {
  package let unit: String
  package let value: JSONObject

  package init(unit: String, value: JSONObject) {
    self.unit = unit
    self.value = value
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
    var values: [ExactString: JSONObject] = [:]
    for unit in contentUnits { values[ExactString(unit.name)] = JSONObject() }
    for member in fields.members {
      let rule = rules.unit(holding: member.key)
      for part in Self.parts(of: member, rule: rule) {
        let name = part.unit ?? homes[ExactString(member.key)] ?? rule.name
        values[ExactString(name), default: JSONObject()][part.member.key] = part.member.value
      }
    }
    return values.map { UnitValue(unit: $0.key.text, value: ordered($0.value, rules)) }
      .sorted { utf8Less($0.unit, $1.unit) }
  }

  private func ordered(_ value: JSONObject, _ rules: TypeRules) -> JSONObject {
    guard value.count > 1 else { return value }
    return JSONObject(
      members: value.members.sorted { a, b in
        let (first, second) = (rules.rank(ofField: a.key), rules.rank(ofField: b.key))
        return first != second ? first < second : utf8Less(a.key, b.key)
      })
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
  package mutating func set(_ new: UnitValue, by write: Write, _ rules: TypeRules) -> Bool {
    let rule = rules.unit(named: new.unit)
    let standing = versions(of: new.unit)
    let shown = rule.shown(of: standing)
    if let shown, shown.hasValue(new.value) { return false }
    if shown == nil, new.value.isEmpty { return false }
    let others = standing.filter { version in !(shown.map(version.hasSameValue) ?? true) }
    put(new, by: write, rule, keeping: others, replaced: shown?.value)
    return true
  }

  /// Decides a unit: replaces exactly the versions that were shown to the person who decided.
  /// Versions that came since stay beside the new one.
  package mutating func resolve(
    _ new: UnitValue, replacing shown: [VersionKey], by write: Write, _ rules: TypeRules
  ) {
    let rule = rules.unit(named: new.unit)
    let standing = versions(of: new.unit)
    let others = standing.filter { !shown.contains($0.key) }
    put(new, by: write, rule, keeping: others, replaced: rule.shown(of: standing)?.value)
  }

  private mutating func put(
    _ new: UnitValue, by write: Write, _ rule: UnitRule, keeping others: [Version],
    replaced: JSONObject?
  ) {
    let seen = rule.compares.flatMap { versions(of: $0).map(\.write.first) }
    let before = rule.keepsReplacedValue ? replaced : nil
    let details =
      seen.isEmpty && before == nil ? nil : VersionDetails(seen: seen, replaced: before)
    let version = Version(write: write, value: new.value, details: details)
    // Of one transaction that writes a unit twice, the last value stands.
    let kept = others.filter { $0.key != version.key }
    replaceVersions(of: new.unit, with: kept + [version])
    clock.include(write.dot)
  }

  /// Deletes the document (DESIGN, rule 8): replaces all that was said about its life.
  /// - Parameter knowledge: of the replica that deletes.
  package mutating func delete(
    reason: DeleteReason, cause: DeleteCause? = nil, knowledge: VersionVector, by write: Write
  ) {
    let deletion = Deletion(context: clock, knowledge: knowledge, reason: reason, cause: cause)
    let value = JSONObject([("deleted", .string(reason.rawValue))])
    let version = Version(
      write: write, value: value, details: VersionDetails(deletion: deletion))
    replaceVersions(of: Unit.life, with: [version])
    clock.include(write.dot)
  }

  /// Says that the document lives, whatever deletes stand (DESIGN, rule 11).
  package mutating func undelete(by write: Write) {
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
