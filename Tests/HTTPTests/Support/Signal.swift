import Dispatch
import Synchronization

/// Something that happens on another thread and that a test waits for.
final class Signal: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  func fire() { semaphore.signal() }

  /// Waits for so many firings, ten seconds at most.
  /// - Returns: whether they came.
  func wait(_ count: Int = 1) -> Bool {
    for _ in 0..<count where semaphore.wait(timeout: .now() + .seconds(10)) == .timedOut {
      return false
    }
    return true
  }
}

/// A list that several threads add to.
final class Collected<Element: Sendable>: Sendable {
  private let items = Mutex<[Element]>([])

  var all: [Element] { items.withLock { $0 } }

  func add(_ item: Element) { items.withLock { $0.append(item) } }
}
