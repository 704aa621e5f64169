package import Causality

/// Numbers for ids, so that each is spelled once in a document's file or in a stream.
package struct IDTable: Sendable {
  package private(set) var ids: [UniqueID] = []
  private var numbers: [UniqueID: Int] = [:]

  package init() {}

  /// The number of an id, which enters the table if it is new.
  package mutating func number(of id: UniqueID) -> Int {
    if let number = numbers[id] { return number }
    ids.append(id)
    numbers[id] = ids.count - 1
    return ids.count - 1
  }

  /// The id that has a number; nil if none has.
  package subscript(number: Int) -> UniqueID? {
    ids.indices.contains(number) ? ids[number] : nil
  }
}
