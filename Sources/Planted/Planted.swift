#if PLANTED
  import Synchronization

  /// Whether the engine makes this mistake.
  package func planted(_ fault: Fault) -> Bool {
    Planting.choice.load(ordering: .relaxed) == fault.rawValue
  }

  /// The choice of the mistake that the engine makes: none at first.
  package enum Planting {
    fileprivate static let none = UInt8.max
    fileprivate static let choice = Atomic(none)

    package static let isPossible = true

    /// The names of all mistakes.
    package static let names = Fault.allCases.map { "\($0)" }

    /// Makes the engine make a mistake from now on.
    /// - Returns: false if no mistake has that name.
    package static func choose(_ name: String) -> Bool {
      guard let fault = Fault.allCases.first(where: { "\($0)" == name }) else { return false }
      choice.store(fault.rawValue, ordering: .relaxed)
      return true
    }
  }
#else
  /// Stands for every mistake in a build that makes none: not even the names are left of them.
  @dynamicMemberLookup @usableFromInline
  package enum Fault: Sendable {
    case none

    @inlinable @inline(__always)
    package static subscript(dynamicMember name: StaticString) -> Fault { .none }
  }

  /// Whether the engine makes this mistake: never.
  @inlinable @inline(__always)
  package func planted(_ fault: @autoclosure () -> Fault) -> Bool { false }

  package enum Planting {
    package static let isPossible = false
    package static let names: [String] = []

    package static func choose(_ name: String) -> Bool { false }
  }
#endif
