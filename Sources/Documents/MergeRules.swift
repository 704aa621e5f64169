import JSON

/// What happens when a unit was written concurrently with different values.
package enum MergeOutcome: String, Sendable {
  /// Silent.
  case auto
  /// Automatic, and a line in the history.
  case note
  /// A review item holds all sides until a person decides.
  case review
}

package enum ReviewSeverity: String, Sendable {
  case urgent, normal, low
}

/// One merge unit of a type: fields that only make sense together. An object, because it is handed on
/// for every value.
package final class UnitRule: Sendable {
  package enum Shape: Sendable {
    /// The fields of the unit travel together.
    case fields
    /// The unit's one field is an array of strings; each element is a unit `name/element`.
    case set
    /// The unit's one field is an object; each key is a unit `name/key`.
    case map
  }

  /// What a unit names that is compared with all others, those of unknown fields among them.
  package static let allUnits = ["*"]

  package let name: String
  /// In the order in which they are shown.
  package let fields: [String]
  package let shape: Shape
  package let policy: [Preference]
  package let outcome: MergeOutcome
  package let severity: ReviewSeverity
  /// The rule of MERGE.md, such as `P2`; `-` where it names none.
  package let rule: String
  /// Units with which this one is compared: a version keeps the first dots of theirs that its author
  /// saw (`seen`).
  package let compares: [String]
  /// Whether a version keeps the value that it replaced.
  package let keepsReplacedValue: Bool
  /// Whether a version keeps what its author's replica knew, to tell which other documents he could
  /// see.
  package let keepsKnowledge: Bool
  /// Values that mean something of their own when they meet; the unit's outcome, severity and rule are
  /// for all others.
  package let meetings: [Meeting]

  package init(
    _ name: String, fields: [String], shape: Shape = .fields, policy: [Preference] = [],
    outcome: MergeOutcome = .review, severity: ReviewSeverity = .low, rule: String = "-",
    compares: [String] = [], keepsReplacedValue: Bool = false, keepsKnowledge: Bool = false,
    meetings: [Meeting] = []
  ) {
    self.name = name
    self.fields = fields
    self.shape = shape
    self.policy = policy
    self.outcome = outcome
    self.severity = severity
    self.rule = rule
    self.compares = compares
    self.keepsReplacedValue = keepsReplacedValue
    self.keepsKnowledge = keepsKnowledge
    self.meetings = meetings
  }

  /// The same rule, compared with other units.
  package func comparing(with units: [String]) -> UnitRule {
    UnitRule(
      name, fields: fields, shape: shape, policy: policy, outcome: outcome, severity: severity,
      rule: rule, compares: units, keepsReplacedValue: keepsReplacedValue,
      keepsKnowledge: keepsKnowledge, meetings: meetings)
  }
}

/// The merge units of one document type. What it does not name is a unit of its own, by the field's
/// name, with the policy "latest" and the outcome review, low.
package final class TypeRules: Sendable {
  package let type: String
  /// In the order in which their fields are shown.
  package let units: [UnitRule]
  /// The places in `units` in the order of their names.
  let nameOrder: [Int]
  private let unitNames: NameTable
  private let fieldNames: NameTable
  /// Of each name in `fieldNames`, where its field is.
  private let fieldPlaces: [FieldPlace]

  private struct FieldPlace {
    /// The place of the unit that holds it; nil if no rule names it.
    var unit: Int?
    /// Its place among the fields of a document.
    var rank: Int
  }

  package init(type: String, units: [UnitRule], fieldOrder: [String]) {
    self.type = type
    self.units = units
    nameOrder = units.indices.sorted { utf8Less(units[$0].name, units[$1].name) }
    unitNames = NameTable(units.map(\.name))
    let names = fieldOrder + units.flatMap(\.fields)
    fieldNames = NameTable(names)
    fieldPlaces = names.enumerated().map { place, name in
      FieldPlace(
        unit: units.firstIndex { $0.fields.contains(name) },
        rank: place < fieldOrder.count ? place : Int.max)
    }
  }

  /// The rule of a unit; of an element or key, that of its set or map. Unknown units get the default.
  package func unit(named name: String) -> UnitRule {
    if let index = unitNames[name] { return units[index] }
    if let slash = name.utf8.firstIndex(of: UInt8(ascii: "/")),
      let index = unitNames[String(name[..<slash])]
    {
      return units[index]
    }
    return UnitRule(name, fields: [name])
  }

  /// The place in `units` of a unit of exactly this name; nil for elements, keys and unknown units.
  func place(ofUnit name: String) -> Int? { unitNames[name] }

  /// The place in `units` of the unit that holds a field.
  func place(ofUnitHolding field: String) -> Int? {
    fieldNames[field].flatMap { fieldPlaces[$0].unit }
  }

  /// The rule of the unit that holds a field here.
  package func unit(holding field: String) -> UnitRule {
    place(ofUnitHolding: field).map { units[$0] } ?? UnitRule(field, fields: [field])
  }

  /// The place of a field in a document; fields that the type does not name come after all others.
  package func rank(ofField field: String) -> Int {
    fieldNames[field].map { fieldPlaces[$0].rank } ?? Int.max
  }
}

/// The merge rules of all types, given to the engine as data.
package struct MergeRules: Sendable {
  private let types: [String: TypeRules]

  package init(_ types: [TypeRules]) {
    self.types = Dictionary(types.map { ($0.type, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The rules of a type; of an unknown one, each field is a unit.
  package func type(_ name: String) -> TypeRules {
    types[name] ?? TypeRules(type: name, units: [], fieldOrder: [])
  }
}
