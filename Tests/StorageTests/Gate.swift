import Dispatch

/// Lets one thread wait for another. Opening it before somebody waits is remembered.
final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  func open() { semaphore.signal() }

  /// Waits until the gate is opened; false if that takes longer than any machine should need.
  @discardableResult
  func pass() -> Bool { semaphore.wait(timeout: .now() + .seconds(20)) == .success }
}
