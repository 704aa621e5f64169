import JSON

/// The fields of a document that is checked: those of its type by number, in schema order, and all
/// others by name.
struct FieldValues {
  private let type: TypeDefinition
  private var known: [JSONValue?]
  /// In the order in which they came.
  private(set) var others = JSONObject()

  init(_ fields: JSONObject, of type: TypeDefinition) {
    self.type = type
    known = Array(repeating: nil, count: type.fields.count)
    for member in fields.members { self[member.key] = member.value }
  }

  /// O(1) for the type's own fields, which aliases do not name; O(others) for the others.
  subscript(name: String) -> JSONValue? {
    get { type.number(ofField: name).map { known[$0] } ?? others[name] }
    set {
      if let number = type.number(ofField: name) {
        known[number] = newValue
      } else {
        others[name] = newValue
      }
    }
  }

  subscript(number: Int) -> JSONValue? {
    get { known[number] }
    set { known[number] = newValue }
  }

  /// The type's fields in schema order, then the others.
  var ordered: JSONObject {
    var members: [JSONMember] = []
    members.reserveCapacity(known.count + others.count)
    for (number, value) in known.enumerated() {
      if let value { members.append(JSONMember(key: type.fields[number].name, value: value)) }
    }
    return JSONObject(members: members + others.members)
  }
}

/// A set of names of fields: those of a type by number, all others as they are.
struct FieldNames {
  private let type: TypeDefinition
  private var known: [Bool]
  private var others: Set<String> = []

  init(of type: TypeDefinition) {
    self.type = type
    known = Array(repeating: false, count: type.fields.count)
  }

  func contains(_ name: String) -> Bool {
    type.number(ofField: name).map { known[$0] } ?? others.contains(name)
  }

  func contains(_ number: Int) -> Bool { known[number] }

  mutating func insert(_ name: String) {
    if let number = type.number(ofField: name) {
      known[number] = true
    } else {
      others.insert(name)
    }
  }

  /// - Returns: whether it is new.
  mutating func insert(_ number: Int) -> Bool {
    defer { known[number] = true }
    return !known[number]
  }
}
