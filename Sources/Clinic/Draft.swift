import JSON

/// A document while it is checked.
struct Draft {
  enum Purpose {
    case create, update
    /// Nothing is filled in: what is there is judged.
    case review
  }

  let type: TypeDefinition
  let purpose: Purpose
  let existing: JSONObject
  let validator: Validator
  var envelope = JSONObject()

  /// The document's fields so far; without those that were refused.
  private(set) var fields: FieldValues
  /// What the input directs, such as `expiry_days`; not kept.
  private(set) var request = JSONObject()
  private(set) var problems: [FieldProblem] = []
  /// The fields that the input names, by their own names, whether accepted or not.
  private(set) var named: FieldNames
  private var refused: FieldNames
  private let checker: ValueChecker

  init(type: TypeDefinition, purpose: Purpose, existing: JSONObject, validator: Validator) {
    self.type = type
    self.purpose = purpose
    self.existing = existing
    self.validator = validator
    fields = FieldValues(existing, of: type)
    named = FieldNames(of: type)
    refused = named
    checker = ValueChecker(functions: validator.functions)
  }

  /// Whether missing values may be worked out.
  var fillsIn: Bool { purpose != .review }

  /// Whether a rule over these fields is to be checked: always, except where an update names none.
  func concerns(_ names: [String]) -> Bool {
    purpose != .update || names.contains { named.contains($0) }
  }

  func isRefused(_ name: String) -> Bool { refused.contains(name) }

  func string(_ name: String) -> String? { fields[name]?.stringValue }

  mutating func set(_ name: String, _ value: JSONValue?) { fields[name] = value }

  /// Notes a problem; the field is not reported as missing as well.
  mutating func refuse(_ name: String, _ problem: String) {
    problems.append(FieldProblem(name, problem))
    refused.insert(name)
  }

  /// Keeps a field from being reported as missing, because it follows from another that is.
  mutating func excuse(_ name: String) { refused.insert(name) }
}

// MARK: Input

extension Draft {
  mutating func take(_ input: JSONObject) {
    for member in input.members {
      if let number = type.number(named: member.key) {
        take(member, as: number)
      } else if Envelope.contains(member.key) {
        takeEnvelope(member)
      } else if !Envelope.isComputed(member.key) {
        takeUnknown(member)
      }
    }
  }

  private mutating func takeEnvelope(_ member: JSONMember) {
    var expected = envelope
    if expected["type"] == nil { expected["type"] = .string(type.name) }
    if let problem = Envelope.problem(of: member.value, named: member.key, in: expected) {
      refuse(member.key, problem)
    }
  }

  private mutating func take(_ member: JSONMember, as number: Int) {
    let field = type.fields[number]
    switch field.use {
    case .computed: return
    case .serverOnly: refuse(member.key, "is kept by the server only and cannot be written here")
    case .request, .stored, .readOnly:
      do throws(ValueProblem) {
        accept(try checker.normalise(member.value, field.kind), from: member, as: number)
      } catch {
        named.insert(field.name)
        refuse(member.key, error.text)
        excuse(field.name)
      }
    }
  }

  private mutating func accept(
    _ value: JSONValue, from member: JSONMember, as number: Int
  ) {
    let field = type.fields[number]
    let isFirst = named.insert(number)
    if field.use == .request {
      request[field.name] = value
    } else if !isFirst {
      let isSame = value.isIdentical(to: fields[number] ?? .null)
      if !isSame { refuse(member.key, "differs from \(field.name), which is the same field") }
    } else if field.isReadOnly, purpose != .review, !validator.allowsReadOnlyFields,
      !value.isIdentical(to: existing[field.name] ?? .null)
    {
      refuse(member.key, "cannot be edited")
    } else if purpose == .update, type.writeOnceFields.contains(field.name),
      let first = existing[field.name], !first.isIdentical(to: value)
    {
      refuse(member.key, "keeps its first value: it cannot be changed")
    } else if field.isRequired, value.stringValue.map({ trimmed($0).isEmpty }) == true {
      refuse(member.key, "must not be empty")
    } else {
      keepOriginal(of: member.value, value, number)
      fields[number] = after(fields[number], value, isKnown: true)
    }
  }

  /// Keeps the spelling of an alias; forgets an older one when the value changes.
  private mutating func keepOriginal(
    of input: JSONValue, _ value: JSONValue, _ number: Int
  ) {
    guard case .choice(let choice) = type.fields[number].kind, let original = choice.originalField,
      !named.contains(original)
    else { return }
    if !input.isIdentical(to: value) {
      fields[original] = input
    } else if !value.isIdentical(to: fields[number] ?? .null) {
      fields[original] = nil
    }
  }

  private mutating func takeUnknown(_ member: JSONMember) {
    named.insert(member.key)
    if purpose != .review, existing[member.key] == nil,
      let problem = Self.problem(ofName: member.key)
    {
      refuse(member.key, problem)
    } else {
      fields[member.key] = after(fields[member.key], member.value, isKnown: false)
    }
  }

  /// A slash separates a set's name from its element in the names of units.
  private static func problem(ofName name: String) -> String? {
    if name.isEmpty { return "a field must have a name" }
    if name.utf8.count > 100 { return "the name is longer than 100 bytes" }
    let isWrong = name.unicodeScalars.contains { $0 == "/" || $0.value < 0x20 || $0.value == 0x7f }
    return isWrong ? "the name contains \"/\" or a control character" : nil
  }

  /// An update is a merge patch; so is a known field of a new document, where null inside an object
  /// means absent too. Unknown fields of a new document are kept as they are.
  private func after(_ old: JSONValue?, _ value: JSONValue, isKnown: Bool) -> JSONValue? {
    switch value {
    case .null: nil
    case .object where purpose == .update || (purpose == .create && isKnown):
      (old ?? .null).applyingMergePatch(value)
    default: value
    }
  }
}

// MARK: The whole document

extension Draft {
  /// Fields that were refused get none: the input must be corrected anyway.
  mutating func setDefaults() {
    for (number, field) in type.fields.enumerated() {
      guard let value = field.defaultValue, field.isStored, fields[number] == nil,
        !refused.contains(number)
      else { continue }
      fields[number] = value
    }
  }

  mutating func runChecks() {
    for check in type.checks { check.run(&self) }
  }

  /// Required fields that are absent; in an update, only those that it removed.
  func missing() -> [FieldProblem] {
    var missing: [FieldProblem] = []
    for (number, field) in type.fields.enumerated() {
      if field.isRequired, field.isStored, fields[number] == nil, !refused.contains(number),
        purpose != .update || existing[field.name] != nil
      {
        missing.append(FieldProblem(field.name, "is required"))
      }
    }
    return missing
  }

  var orderedFields: JSONObject { fields.ordered }
}
