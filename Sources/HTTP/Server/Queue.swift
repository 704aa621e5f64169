/// First in, first out.
struct Queue<Element> {
  private var elements: [Element?] = []
  /// The next one. Invariant: `0...elements.count`, and what is before it is nil.
  private var first = 0

  var count: Int { elements.count - first }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ element: Element) { elements.append(element) }

  /// - Complexity: amortised O(1).
  mutating func popFirst() -> Element? {
    guard first < elements.count else { return nil }
    defer { first += 1 }
    let element = elements[first]
    elements[first] = nil
    if first > elements.count / 2 {
      elements.removeFirst(first)
      first = 0
    }
    return element
  }
}
