internal import Dispatch
internal import Synchronization

/// Jobs for worker threads, first come, first served.
///
/// Invariant: the semaphore counts the queued jobs, and one more once the queue is closed; so a
/// worker that is let through and finds no job knows that the queue is closed.
final class WorkQueue: Sendable {
  typealias Job = @Sendable () -> Void

  private struct State {
    var jobs: [Job] = []
    /// The next job. Invariant: `0...jobs.count`.
    var first = 0
  }

  private let state = Mutex(State())
  private let available = DispatchSemaphore(value: 0)

  /// Adds a job. A closed queue runs it no more.
  func push(_ job: @escaping Job) {
    state.withLock { $0.jobs.append(job) }
    available.signal()
  }

  /// Runs jobs on this thread until the queue is closed and empty.
  func runUntilClosed() {
    while true {
      available.wait()
      guard let job = pop() else { break }
      job()
    }
    // Hands the end on to the next worker.
    available.signal()
  }

  /// Lets the workers end once they have run what is queued.
  func close() {
    available.signal()
  }

  private func pop() -> Job? {
    state.withLock { state in
      guard state.first < state.jobs.count else { return nil }
      let job = state.jobs[state.first]
      state.first += 1
      if state.first > state.jobs.count / 2 {
        state.jobs.removeFirst(state.first)
        state.first = 0
      }
      return job
    }
  }
}
