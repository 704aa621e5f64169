/// A name and where its type can be learned.
struct Declaration {
  enum Origin {
    /// The type is written at this place.
    case type(Int)
    /// It has the value that begins at this place.
    case value(Int)
    /// It is an element of the value that begins at this place.
    case element(Int)
    /// It is what a case of an enum carries, whose name stands at this place.
    case payload(Int)
    /// It is what the `Mutex` holds whose `withLock` stands at this place.
    case locked(Int)
    case unknown
  }

  let name: String
  let origin: Origin
  /// The type that it is a member of; empty if of none.
  let owner: String
  /// Where the name can be used without a dot in front; nil for a member.
  let scope: Range<Int>?
  let isFunction: Bool
}
