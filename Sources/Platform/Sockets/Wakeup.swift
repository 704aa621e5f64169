internal import CSystem
import Glibc

/// Wakes a thread that waits in a `Poller` (eventfd).
package final class Wakeup: Sendable {
  /// To be added to a poller for `.readable`.
  package let descriptor: Int32

  package init() throws(SystemError) {
    let result = satchel_event_create()
    guard result >= 0 else { throw SystemError("eventfd", "", code: -result) }
    descriptor = result
  }

  deinit { close(descriptor) }

  /// Makes the descriptor readable until `clear`. Safe on any thread; never blocks.
  package func signal() {
    var one: UInt64 = 1
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  /// Forgets all signals so far.
  package func clear() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
  }
}
