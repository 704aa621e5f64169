import Platform
import Synchronization

/// The clock of one machine: as wrong as the schedule makes it.
final class NodeClock: WallClock {
  private struct State {
    var now: UInt64
    var offset = 0
    /// Milliseconds gained in a thousand seconds.
    var drift = 0
  }

  private let state: Mutex<State>

  init(now: UInt64) { state = Mutex(State(now: now)) }

  func now() -> UInt64 {
    state.withLock { UInt64(max(0, Int($0.now) + $0.offset)) }
  }

  /// The true time goes on.
  func advance(to time: UInt64) {
    state.withLock { state in
      let passed = Int(time) - Int(state.now)
      state.offset += passed * state.drift / 1_000_000
      state.now = time
    }
  }

  func jump(by milliseconds: Int) { state.withLock { $0.offset += milliseconds } }

  func setDrift(_ drift: Int) { state.withLock { $0.drift = drift } }

  func putRight() { state.withLock { ($0.offset, $0.drift) = (0, 0) } }
}
