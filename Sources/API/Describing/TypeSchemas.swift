import Clinic
import JSON

/// The schemas of a type's documents, from the catalogue.
struct TypeSchemas {
  private let type: TypeDefinition

  init(_ type: TypeDefinition) { self.type = type }

  static let prefixes = ["new_", "patch_of_", "replacement_of_"]
  static func nameOfNew(_ type: String) -> String { prefixes[0] + type }
  static func nameOfPatch(_ type: String) -> String { prefixes[1] + type }
  static func nameOfReplacement(_ type: String) -> String { prefixes[2] + type }

  /// By name; those of calls that the API does not have are left out.
  func named(isMade: Bool) -> [(name: String, schema: Schema)] {
    var all = [(type.name, answer)]
    if isMade { all.append((Self.nameOfNew(type.name), new)) }
    if isMade, !type.isAppendOnly {
      all.append((Self.nameOfPatch(type.name), patch))
      all.append((Self.nameOfReplacement(type.name), replacement))
    }
    return all
  }

  // MARK: - Answers

  private var answer: Schema {
    let fields = type.fields.filter { $0.isStored || $0.isComputed }
    let members = envelope(Envelope.leadingNames) + fields.map { ($0.name, shown($0)) }
    return .object(
      members + envelope(Envelope.trailingNames),
      required: ["id", "type", "account_id", "created_at"]
        + fields.filter { $0.isRequired && $0.isStored }.map(\.name))
  }

  private func envelope(_ names: [String]) -> [(name: String, schema: Schema)] {
    names.filter { $0 != "schema_version" }.map { name in
      let schema: Schema =
        switch name {
        case "type": .oneOf([type.name])
        case "created_at", "updated_at": .time
        default: .uuid
        }
      return (name, schema.with("readOnly", true))
    }
  }

  private func shown(_ field: FieldDefinition) -> Schema {
    var schema = field.kind.schema
    if let value = field.defaultValue { schema = schema.with("default", value) }
    return field.use == .stored ? schema : schema.with("readOnly", true)
  }

  // MARK: - Input

  /// Of a new document. Its id may be given: then it is never made twice.
  private var new: Schema {
    let members =
      [("id", Schema.uuid)]
      + writable { field in
        !field.isRequired || field.defaultValue != nil || type.isFilledIn(field.name)
      }
    return Self.input(members, needed: needed).with("propertyNames", Self.fieldName.value)
  }

  /// A merge patch (RFC 7396): null takes a field away.
  private var patch: Schema {
    Self.input(writable { !$0.isRequired || type.isFilledIn($0.name) }, needed: [])
      .with("propertyNames", Self.fieldName.value)
  }

  /// The same, with what must be there.
  private var replacement: Schema {
    .all(.named(Self.nameOfPatch(type.name)), Self.input([], needed: needed))
  }

  /// Fields that a whole document must name: of each list one.
  private var needed: [[String]] {
    let fields = type.fields.filter { field in
      field.use == .stored && field.isRequired && field.defaultValue == nil
        && !type.isFilledIn(field.name)
    }
    let alternatives = type.checks.compactMap { check -> [String]? in
      switch check {
      case .anyOf(let names): names
      case .wholeName: ["name", "first_name", "last_name"]
      default: nil
      }
    }
    return (fields.map { [$0.name] } + alternatives).map { names in
      names.flatMap { [$0] + (type.field(named: $0)?.aliases ?? []) }
    }
  }

  /// Fields that people write, under each of their names.
  private func writable(
    _ mayBeBlank: (FieldDefinition) -> Bool
  ) -> [(name: String, schema: Schema)] {
    type.fields.filter { $0.use == .stored || $0.use == .request }.flatMap { field in
      let schema = taken(field, mayBeBlank: mayBeBlank(field))
      return [(field.name, schema)]
        + field.aliases.map { ($0, schema.saying("the same as \(field.name)")) }
    }
  }

  private func taken(_ field: FieldDefinition, mayBeBlank: Bool) -> Schema {
    let schema = field.kind.inputSchema(mustSay: field.isRequired)
    guard mayBeBlank else { return schema }
    return field.kind.holdsEmptyText ? schema.orNull : schema.orBlank
  }

  private static func input(
    _ members: [(name: String, schema: Schema)], needed: [[String]]
  ) -> Schema {
    let schema = Schema.object(members, required: needed.filter { $0.count == 1 }.map { $0[0] })
    let choices = needed.filter { $0.count > 1 }.map { Schema.any($0.map(saying)).value }
    return choices.isEmpty ? schema : schema.with("allOf", .array(choices))
  }

  /// An object with a text of some name, which is not empty.
  private static func saying(_ name: String) -> Schema {
    .object([(name, Schema.string.with("minLength", 1))], required: [name])
  }

  /// Fields that this version does not know are kept, if they have such a name.
  private static let fieldName = Schema.string(
    pattern: #"^[^/\u0000-\u001f\u007f]+$"#, maximum: 100)
}
