import Dispatch
import Platform
package import Replica
import Storage
import SyncProtocol
import Synchronization

/// The daemon's loop: syncs soon after a local write, and regularly.
package final class SyncLoop: Syncing {
  package struct Timing: Sendable {
    /// Writes within this time go out together, in milliseconds.
    package var gather = 50
    /// How often the server is asked for what is new while all is well, but nobody tells when something is.
    package var interval = 1000
    /// How often while the server tells.
    package var watchedInterval = 60_000
    /// How long after a failure nobody asks the server to tell.
    package var watchPause = 5000
    /// The first and the longest pause after a failure; each failure doubles it.
    package var firstPause = 1000
    package var longestPause = 300_000
    /// How often a server is asked that said that somebody must do something first.
    package var stoppedInterval = 3_600_000

    package init() {}
  }

  private struct State: Sendable {
    var isStopped = false
    var failures = 0
    /// Whether the server tells when something is new.
    var isWatched = false
    /// Whether a sync has come to its end since the loop began.
    var hasSynced = false
    /// The credentials with which the server lets nobody in until somebody does something; nil while all
    /// is well.
    var refusedToken: String?
  }

  private let laptop: Laptop
  private let timing: Timing
  private let state: Mutex<State>
  private let wake = DispatchSemaphore(value: 0)
  private let watchWake = DispatchSemaphore(value: 0)

  private let mustReopen: @Sendable () -> Void

  /// - Parameter mustReopen: called when the store must be closed and opened again.
  package init(
    laptop: Laptop, timing: Timing = Timing(), mustReopen: @escaping @Sendable () -> Void = {}
  ) {
    self.mustReopen = mustReopen
    self.laptop = laptop
    self.timing = timing
    state = Mutex(State())
  }

  /// Syncs until `stop` is called. Blocks.
  package func run() {
    let watcher = try? SystemThread { self.runWatch() }
    defer { watcher?.join() }
    while !isStopped {
      pause()
      if isStopped { return }
      if laptop.replica.store.identity.enrolment != nil {
        try? _ = syncOnce(url: nil)
      }
    }
  }

  /// Wakes the loop when the server has something new, until `stop` is called. Blocks.
  private func runWatch() {
    while !isStopped {
      guard state.withLock({ $0.failures == 0 && $0.hasSynced }) else {
        _ = watchWake.wait(timeout: .now() + .milliseconds(timing.interval))
        continue
      }
      state.withLock { $0.isWatched = true }
      do throws(ReplicaError) {
        guard try laptop.watchOnce() else { continue }
        while watchWake.wait(timeout: .now()) == .success {}
        wake.signal()
        // Before the sync has ended, the server would tell the same again.
        _ = watchWake.wait(timeout: .now() + .milliseconds(timing.interval))
      } catch {
        state.withLock { $0.isWatched = false }
        _ = watchWake.wait(timeout: .now() + .milliseconds(timing.watchPause))
      }
    }
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Waits for a local write, or for the next regular sync.
  private func pause() {
    let milliseconds = pauseMilliseconds()
    guard wake.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return }
    while wake.wait(timeout: .now() + .milliseconds(timing.gather)) == .success {
      if isStopped { return }
    }
  }

  /// With full jitter after failures: laptops that lost a server do not come back all at once.
  private func pauseMilliseconds() -> Int {
    let (failures, isWatched, isRefused) = state.withLock {
      ($0.failures, $0.isWatched, $0.refusedToken != nil)
    }
    if isRefused { return jittered(timing.stoppedInterval) }
    guard failures > 0 else { return isWatched ? timing.watchedInterval : timing.interval }
    let longest = min(timing.longestPause, timing.firstPause << min(failures - 1, 16))
    return timing.interval / 2 + jittered(longest)
  }

  private func jittered(_ longest: Int) -> Int {
    Int(laptop.replica.world.random.uint64() % UInt64(max(1, longest)))
  }

  /// Tells the loop that something was written here, or that the device was enrolled. While the server lets
  /// this device in no more, a write changes nothing.
  package func noteWrite() {
    let token = laptop.replica.store.identity.enrolment?.refreshToken
    if state.withLock({ $0.refusedToken == nil || $0.refusedToken != token }) { wake.signal() }
  }

  /// One sync, on the caller's thread; waits for one that is under way. A failure is remembered in
  /// the sync state and makes the loop wait longer.
  package func syncOnce(url: String?) throws(ReplicaError) -> SyncReport {
    do throws(ReplicaError) {
      let report = try laptop.syncOnce(url: url)
      state.withLock { ($0.failures, $0.hasSynced, $0.refusedToken) = (0, true, nil) }
      watchWake.signal()
      return report
    } catch {
      note(error)
      if laptop.replica.store.identity.startsOver || laptop.mustWipe { mustReopen() }
      throw error
    }
  }

  private func note(_ error: ReplicaError) {
    let token = laptop.replica.store.identity.enrolment?.refreshToken
    let isRefused = if case .sync(let refusal) = error { refusal.code.stops } else { false }
    state.withLock { state in
      state.failures += 1
      state.refusedToken = isRefused ? token : nil
    }
  }

  /// Ends `run` soon.
  package func stop() {
    state.withLock { $0.isStopped = true }
    wake.signal()
    watchWake.signal()
    laptop.cancelWatch()
  }
}
