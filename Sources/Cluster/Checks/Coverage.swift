import Simulation
import Storage

/// How often each fault came about at each place: what never did was not tried.
package struct Coverage: Sendable {
  /// A fault, and where it struck.
  struct Spot: Hashable, Comparable {
    let fault: String
    let place: String

    static func < (a: Spot, b: Spot) -> Bool { (a.fault, a.place) < (b.fault, b.place) }
  }

  private var counts: [Spot: Int] = [:]

  package init() {}

  mutating func note(_ fault: String, at place: String) {
    counts[Spot(fault: fault, place: place), default: 0] += 1
  }

  mutating func note(_ strike: Strike) {
    let place = StorePart.name(of: strike.call)
    switch strike.fault {
    case .death: note("power cut", at: place)
    case .noSpace: note("disk full", at: place)
    case .failure where strike.call.kind.canChange: note("sync fails", at: place)
    case .failure: note("read fails", at: place)
    }
  }

  package mutating func add(_ other: Coverage) {
    counts.merge(other.counts) { $0 + $1 }
  }

  /// What must have come about at least once, and did not.
  package var missing: [String] {
    Self.expected.filter { counts[$0] == nil }.map { "\($0.fault) at \($0.place)" }
  }

  /// How often each fault struck at each place, in the order of their names.
  package var table: [(spot: String, count: Int)] {
    Set(counts.keys).union(Self.expected).sorted().map { spot in
      ("\(spot.fault) at \(spot.place)", counts[spot] ?? 0)
    }
  }
}

/// The parts of a store, by their paths.
enum StorePart {
  static func name(of call: Call) -> String {
    switch call.kind {
    case .makeDirectory, .synchronizeDirectory, .removeDirectory, .contents: "a directory"
    case .synchronizeFileSystem: "all files"
    default: name(ofPath: call.path)
    }
  }

  /// The first part of the path below the store, or the first directory of all.
  static func name(ofPath path: String) -> String {
    let parts = path.split(separator: "/")
    guard parts.count > 1 else { return "a directory" }
    if parts.count > 2 { return parts[0] == "store" ? String(parts[1]) : String(parts[0]) }
    return String(parts[1].prefix { $0 != "." })
  }
}
