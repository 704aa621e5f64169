/// The kinds of calls of a file system and its files.
package enum CallKind: String, Sendable, CaseIterable {
  /// Opening what is there.
  case open
  /// Opening what is made by that.
  case create
  case makeDirectory
  case contents
  case rename
  case removeFile
  case removeDirectory
  case synchronizeDirectory
  case synchronizeFileSystem
  case status
  case size
  case read
  case write
  case synchronize
  case truncate
  case reserve
  case lock

  /// Whether such a call can change something or make it durable.
  package var canChange: Bool {
    switch self {
    case .open, .contents, .status, .size, .read, .lock: false
    default: true
    }
  }

  /// Those that give what stands on the disk.
  package static let reading: Set<CallKind> = [.open, .contents, .read]

  /// The three that make something durable.
  package static let synchronizing: Set<CallKind> = [
    .synchronize, .synchronizeDirectory, .synchronizeFileSystem,
  ]
}

/// A call that was made.
package struct Call: Sendable, Hashable, CustomStringConvertible {
  package let kind: CallKind
  package let path: String

  package init(kind: CallKind, path: String) {
    self.kind = kind
    self.path = path
  }

  package var description: String { "\(kind.rawValue) \(path)" }
}

/// Calls that are to fail.
package struct InjectedFailure: Sendable {
  package var kinds: Set<CallKind>
  /// Which of these calls fails, counted from 1 from the moment of `fail`.
  package var number: Int
  /// The `errno`.
  package var code: Int32
  /// Whether all such calls after it fail too.
  package var lasts: Bool

  package init(_ kinds: Set<CallKind>, number: Int, code: Int32, lasts: Bool = false) {
    self.kinds = kinds
    self.number = number
    self.code = code
    self.lasts = lasts
  }
}

/// A fault that came about.
package struct Strike: Sendable, Hashable {
  package enum Fault: String, Sendable {
    /// The process died at the call.
    case death
    /// The call failed as it was to.
    case failure
    /// The disk had no room.
    case noSpace
  }

  package let fault: Fault
  package let call: Call
}

/// What was called, and what is to fail.
struct CallLog: Sendable {
  /// All calls so far.
  var calls: [Call] = []
  /// How many of them count: see `SimulatedFileSystem.callCount`.
  var count = 0
  var countsReads = false
  /// The number of the call at which the process dies.
  var crashNumber: Int?
  var isDead = false
  var failure: InjectedFailure?
  /// How many calls could have met the failure.
  var failureMatches = 0
  /// In their order.
  var strikes: [Strike] = []

  /// Counts a call; returns the code with which it is to fail, if it is.
  mutating func enter(_ call: Call) -> Int32? {
    if isDead { return SimulatedFileSystem.crashCode }
    if countsReads || call.kind.canChange {
      count += 1
      if count == crashNumber {
        isDead = true
        strikes.append(Strike(fault: .death, call: call))
        return SimulatedFileSystem.crashCode
      }
    }
    calls.append(call)
    let code = injectedCode(call.kind)
    if code != nil { strikes.append(Strike(fault: .failure, call: call)) }
    return code
  }

  private mutating func injectedCode(_ kind: CallKind) -> Int32? {
    guard let failure, failure.kinds.contains(kind) else { return nil }
    failureMatches += 1
    let isMet =
      failureMatches == failure.number || failure.lasts && failureMatches > failure.number
    return isMet ? failure.code : nil
  }
}
