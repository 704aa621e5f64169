/// One key of an object with its value.
package struct JSONMember: Sendable {
  package let key: String
  package var value: JSONValue

  package init(key: String, value: JSONValue) {
    self.key = key
    self.value = value
  }
}

/// The members of an object, in their order.
///
/// Invariant: no key twice (by UTF-8 bytes), if the caller of `append` and of `init` keeps to it.
package struct JSONObject: Sendable {
  package var members: [JSONMember]

  package init() { members = [] }

  package init(_ members: [(String, JSONValue)]) {
    self.members = members.map { JSONMember(key: $0.0, value: $0.1) }
  }

  package init(members: [JSONMember]) { self.members = members }

  /// The value of a key. Setting nil removes the member; setting a value replaces it where it
  /// stands, or appends it. O(members).
  package subscript(key: String) -> JSONValue? {
    get { index(of: key).map { members[$0].value } }
    set {
      let index = index(of: key)
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  private func index(of key: String) -> Int? {
    for index in members.indices where utf8Equal(members[index].key, key) { return index }
    return nil
  }

  /// Adds a member at the end, without looking whether there is one of that key.
  package mutating func append(_ key: String, _ value: JSONValue) {
    members.append(JSONMember(key: key, value: value))
  }

  package var isEmpty: Bool { members.isEmpty }
  package var count: Int { members.count }
  package var keys: [String] { members.map(\.key) }

  /// See `JSONValue.isIdentical(to:)`.
  package func isIdentical(to other: JSONObject) -> Bool {
    guard count == other.count else { return false }
    if zip(members, other.members).allSatisfy({ utf8Equal($0.key, $1.key) }) {
      return zip(members, other.members).allSatisfy { $0.value.isIdentical(to: $1.value) }
    }
    let index = JSONKeyIndex(other.members)
    return members.allSatisfy { member in
      guard let position = index.position(of: member.key) else { return false }
      return member.value.isIdentical(to: other.members[position].value)
    }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

/// Where each key of an object stands.
struct JSONKeyIndex {
  private var positions: [ExactString: Int]

  init(_ members: [JSONMember]) {
    positions = Dictionary(
      members.enumerated().map { (ExactString($1.key), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  func position(of key: String) -> Int? { positions[ExactString(key)] }
}
