import Causality
package import Documents
package import JSON

extension Reviewer {
  /// Units of a document that were written concurrently with different values, where the rule asks
  /// for a person; also where a merged patient was edited by somebody who did not know of the merge.
  func unitConflicts(_ subject: Subject) -> [ReviewItem] {
    let allLate = clinic.lateVersions(of: subject)
    // Nearly always.
    if allLate.isEmpty, subject.document.units.allSatisfy({ $0.versions.count < 2 }) { return [] }
    let late = Dictionary(grouping: allLate, by: \.unit)
    let names = subject.document.contentUnits.map(\.name)
    let own = subject.document.contentUnits.compactMap { unit in
      conflict(subject, unit.name, unit.versions, late[unit.name] ?? [])
    }
    let others = late.keys.filter { !names.contains($0) }.sorted().compactMap { unit in
      conflict(subject, unit, [], late[unit] ?? [])
    }
    return own + others
  }

  private func conflict(
    _ subject: Subject, _ unit: String, _ own: [Version], _ late: [MergedClinic.Late]
  ) -> ReviewItem? {
    let all = (own + late.map(\.version)).said
    if all.count < 2 { return nil }
    let rule = subject.rules.unit(named: unit)
    guard let result = rule.result(of: all), result.outcome == .review else { return nil }
    let shown = distinct(all, rule)
    let sides = shown.map { side(Self.sideValue($0.value, of: unit, rule), $0.write) }
    let texts = Self.differences(sides.map(\.value)).map(Self.quoted)
    let values = texts.enumerated().map { $1 + ($0 == 0 ? " (shown)" : "") }
    let what = Self.words(unit)
    let keys = own.map(\.key)
    let dots = late.map(\.version.write.first)
    let actions = shown.indices.map { place in
      ReviewAction(
        ReviewAction.keep(place + 1), "\(what) becomes \(texts[place]) everywhere",
        steps: [
          .write(
            subject.key, UnitValue(unit: unit, value: shown[place].value), replacing: keys,
            seeing: dots)
        ])
    }
    let dismiss = ReviewAction(
      ReviewAction.dismiss, "what is shown stays, and the other values stay beside it")
    let documents = [subject.key] + Set(late.map(\.subject.key)).sorted()
    return item(
      rule: result.rule, severity: result.severity, documents: documents, unit: unit,
      sides: sides,
      summary: "The \(what) of \(name(subject.key)) was recorded differently at the same time: "
        + values.joined(separator: " and ") + ".",
      actions: actions + [dismiss], dots: Self.dots(all), versions: keys, late: dots,
      subject: subject.key)
  }

  /// The values without what all of them have in common: of a slot that was moved to another time,
  /// only the times.
  private static func differences(_ values: [JSONValue]) -> [JSONValue] {
    let objects = values.compactMap(\.objectValue)
    guard objects.count == values.count, let first = objects.first else { return values }
    let common = first.members.filter { member in
      objects.allSatisfy { $0[member.key]?.isIdentical(to: member.value) ?? false }
    }
    return objects.map { object in
      .object(
        JSONObject(
          members: object.members.filter { member in
            !common.contains { utf8Equal($0.key, member.key) }
          }))
    }
  }

  /// The versions that say different things: the one that is shown first, then the others, the later
  /// before the earlier; of equal ones the latest.
  private func distinct(_ versions: [Version], _ rule: UnitRule) -> [Version] {
    let latestFirst = versions.sorted { Write.ranksBefore($1.write, $0.write) }
    let shown = rule.shown(of: versions).map { [$0] } ?? []
    return (shown + latestFirst).reduce(into: []) { result, version in
      if !result.contains(where: version.hasSameValue) { result.append(version) }
    }
  }

  /// The value of a unit of one field is that of the field, else an object of its fields.
  static func sideValue(_ value: JSONObject, of unit: String, _ rule: UnitRule) -> JSONValue {
    guard rule.fields.count == 1, rule.shape == .fields else { return .object(value) }
    if value.isEmpty { return .null }
    return value.count == 1 ? value[rule.fields[0]] ?? .object(value) : .object(value)
  }
}

extension ReviewItem {
  /// The value of the unit that a side, or what a person typed instead, stands for.
  /// - Parameter value: as in `sides`; for a unit of one field also an object of it.
  package func unitValue(_ value: JSONValue, _ rules: MergeRules) -> UnitValue? {
    guard let unit, let key = subject else { return nil }
    let rule = rules.type(key.type).unit(named: unit)
    if rule.fields.count == 1, rule.shape == .fields {
      let field = rule.fields[0]
      if value.isNull { return UnitValue(unit: unit, value: JSONObject()) }
      if let object = value.objectValue, object.isEmpty || object[field] != nil {
        return UnitValue(unit: unit, value: object)
      }
      return UnitValue(unit: unit, value: JSONObject([(field, value)]))
    }
    return value.objectValue.map { UnitValue(unit: unit, value: $0) }
  }
}
