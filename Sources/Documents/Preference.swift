import JSON

/// How one version of a unit ranks against its siblings.
///
/// A unit's policy is a list of preferences: the first that tells two versions apart decides; if none
/// does, the later stamp wins, then the greater first dot. The visible version is therefore the same
/// on every replica.
package enum Preference: Sendable, Equatable {
  /// The field's value that stands earlier in the list wins; a value that is not listed comes last.
  case ranked(field: String, order: [String])
  /// True wins.
  case truth(field: String)
  /// False wins.
  case falsehood(field: String)
  /// The smaller string wins (of times in one format: the earlier); a missing one comes last.
  case smallest(field: String)
  /// A value wins over none.
  case present(field: String)
  /// Of two versions with this value of the field, or of any two if no value is given, the one that
  /// was written first wins.
  case earliest(field: String? = nil, value: String = "")

  /// True if the second is preferred, false if the first is, nil if they are alike.
  func prefersSecond(_ a: Version, _ b: Version) -> Bool? {
    switch self {
    case .ranked(let field, let order):
      Self.compare(Self.rank(a.value[field], in: order), Self.rank(b.value[field], in: order))
    case .truth(let field):
      Self.compare(Self.isTrue(a, field) ? 0 : 1, Self.isTrue(b, field) ? 0 : 1)
    case .falsehood(let field):
      Self.compare(Self.isTrue(a, field) ? 1 : 0, Self.isTrue(b, field) ? 1 : 0)
    case .smallest(let field):
      Self.compareTexts(a.value[field]?.stringValue, b.value[field]?.stringValue)
    case .present(let field):
      Self.compare(a.value[field] == nil ? 1 : 0, b.value[field] == nil ? 1 : 0)
    case .earliest(let field, let value):
      Self.bothHave(a, b, field, value) ? Write.ranksBefore(b.write, a.write) : nil
    }
  }

  private static func isTrue(_ version: Version, _ field: String) -> Bool {
    version.value[field]?.boolValue == true
  }

  private static func bothHave(
    _ a: Version, _ b: Version, _ field: String?, _ value: String
  ) -> Bool {
    guard let field else { return true }
    return [a, b].allSatisfy { version in
      version.value[field]?.stringValue.map { utf8Equal($0, value) } ?? false
    }
  }

  private static func rank(_ value: JSONValue?, in order: [String]) -> Int {
    guard let text = value?.stringValue else { return order.count }
    return order.firstIndex { utf8Equal($0, text) } ?? order.count
  }

  private static func compare(_ a: Int, _ b: Int) -> Bool? { a == b ? nil : b < a }

  private static func compareTexts(_ a: String?, _ b: String?) -> Bool? {
    switch (a, b) {
    case (nil, nil): nil
    case (nil, _): true
    case (_, nil): false
    case (let a?, let b?): utf8Equal(a, b) ? nil : utf8Less(b, a)
    }
  }
}
