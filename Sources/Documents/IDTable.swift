package import Causality

/// Numbers for ids, so that each is spelled once in a document's file or in a stream.
package struct IDTable: Sendable {
  package private(set) var ids: [UniqueID] = []
  /// Filled only when there are more ids than are looked through quickly: a document names few.
  private var numbers: [UniqueID: Int] = [:]
  private static let longestScan = 12

  package init() {}

  /// The number of an id, which enters the table if it is new.
  package mutating func number(of id: UniqueID) -> Int {
    if ids.count <= Self.longestScan, let number = ids.firstIndex(of: id) { return number }
    if let number = numbers[id] { return number }
    ids.append(id)
    if ids.count == Self.longestScan + 1 {
      for (number, id) in ids.enumerated() { numbers[id] = number }
    } else if ids.count > Self.longestScan {
      numbers[id] = ids.count - 1
    }
    return ids.count - 1
  }

  mutating func note(_ id: UniqueID) { _ = number(of: id) }

  /// The id that has a number; nil if none has.
  package subscript(number: Int) -> UniqueID? {
    ids.indices.contains(number) ? ids[number] : nil
  }
}
