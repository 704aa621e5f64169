import Causality
import Documents
import JSON
import TestSupport

/// One visit at two desks: Anna's and Ben's.
struct Scenario {
  static let key = DocumentKey(type: "visit", id: .sample(1))
  static let rules = SampleRules.visit

  var anna = SampleReplica(1)
  var ben = SampleReplica(2)
  private var now: UInt64 = 1_700_000_000_000

  /// Both desks have the visit with these fields; Anna made it.
  init(_ fields: JSONObject) {
    edit(\.anna, fields)
    ben.pull(from: anna)
  }

  /// Changes some fields at a desk, later than everything before; null removes a field.
  @discardableResult
  mutating func edit(_ desk: WritableKeyPath<Scenario, SampleReplica>, _ changes: JSONObject) -> Dot
  {
    now += 1_000
    var fields = document(desk)?.visibleFields(Self.rules) ?? JSONObject()
    for change in changes.members { fields[change.key] = change.value.isNull ? nil : change.value }
    return self[keyPath: desk].edit(Self.key, at: now, fields).dot
  }

  @discardableResult
  mutating func write(
    _ desk: WritableKeyPath<Scenario, SampleReplica>,
    _ change: (inout Document, Write) -> Void
  ) -> Dot {
    now += 1_000
    return self[keyPath: desk].write(Self.key, at: now) { document, write, _ in
      change(&document, write)
    }.dot
  }

  @discardableResult
  mutating func delete(
    _ desk: WritableKeyPath<Scenario, SampleReplica>, cause: DeleteCause? = nil,
    reason: DeleteReason = .mistake
  ) -> Dot {
    let knowledge = self[keyPath: desk].knowledge
    return write(desk) { document, write in
      document.delete(reason: reason, cause: cause, knowledge: knowledge, by: write)
    }
  }

  @discardableResult
  mutating func undelete(_ desk: WritableKeyPath<Scenario, SampleReplica>) -> Dot {
    write(desk) { document, write in document.undelete(by: write) }
  }

  mutating func resolve(
    _ desk: WritableKeyPath<Scenario, SampleReplica>, _ unit: String, _ value: JSONObject,
    replacing shown: [VersionKey]
  ) {
    write(desk) { document, write in
      document.resolve(
        UnitValue(unit: unit, value: value), replacing: shown, by: write, Self.rules)
    }
  }

  /// Both desks get all that the other has.
  mutating func exchange() {
    let before = anna
    anna.pull(from: ben)
    ben.pull(from: before)
  }

  func document(_ desk: KeyPath<Scenario, SampleReplica>) -> Document? {
    self[keyPath: desk].document(Self.key)
  }

  /// The visible fields at a desk, as one line.
  func shown(_ desk: KeyPath<Scenario, SampleReplica>) -> String {
    document(desk)?.visibleFields(Self.rules).line ?? ""
  }

  /// The values of a unit at a desk, sorted, as lines.
  func values(_ desk: KeyPath<Scenario, SampleReplica>, _ unit: String) -> [String] {
    versions(desk, unit).map(\.value.line).sorted()
  }

  func versions(_ desk: KeyPath<Scenario, SampleReplica>, _ unit: String) -> [Version] {
    document(desk)?.versions(of: unit) ?? []
  }

  func isDeleted(_ desk: KeyPath<Scenario, SampleReplica>, causeStands: Bool = true) -> Bool {
    document(desk)?.isDeleted { _ in causeStands } ?? true
  }

  func isBroughtBack(_ desk: KeyPath<Scenario, SampleReplica>) -> Bool {
    document(desk)?.isBroughtBack { _ in true } ?? false
  }
}
