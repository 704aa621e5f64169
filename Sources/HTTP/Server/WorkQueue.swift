internal import Dispatch
internal import Synchronization

/// Jobs for worker threads. Lanes take turns; within a lane it is first come, first served.
///
/// Invariant: the semaphore counts the turns that are ready, and one more once the queue is closed; so a
/// worker that is let through and finds no turn knows that the queue is closed.
final class WorkQueue: Sendable {
  typealias Job = @Sendable () -> Void

  fileprivate struct Lane {
    var jobs = Queue<Job>()
    /// Turns that were given to the lane and that no worker has taken yet. Invariant: not more than `jobs`.
    var readyCount = 0
    var runningCount = 0
  }

  fileprivate struct State {
    /// Those that have jobs or running ones.
    var lanes: [HTTPLane: Lane] = [:]
    var turns = Queue<HTTPLane>()
  }

  private let state = Mutex(State())
  private let available = DispatchSemaphore(value: 0)

  /// Adds a job. A closed queue runs it no more.
  /// - Returns: false if so many wait in the lane already that this one is not taken.
  func push(_ job: @escaping Job, in lane: HTTPLane = .common) -> Bool {
    let (isTaken, isReady) = state.withLock { state in
      guard state.lanes[lane].map({ $0.jobs.count < lane.maximumWaitingCount }) ?? true else {
        return (false, false)
      }
      state.lanes[lane, default: Lane()].jobs.append(job)
      return (true, state.giveTurn(to: lane))
    }
    if isReady { available.signal() }
    return isTaken
  }

  /// Runs jobs on this thread until the queue is closed and empty.
  func runUntilClosed() {
    while true {
      available.wait()
      guard let (job, lane) = state.withLock({ $0.takeTurn() }) else { break }
      job()
      if state.withLock({ $0.endTurn(of: lane) }) { available.signal() }
    }
    // Hands the end on to the next worker.
    available.signal()
  }

  /// Lets the workers end once they have run what is queued.
  func close() {
    available.signal()
  }
}

extension WorkQueue.State {
  /// - Returns: whether the lane got a turn: it has a job for it, and is not as wide as it may be.
  fileprivate mutating func giveTurn(to name: HTTPLane) -> Bool {
    guard var lane = lanes[name], lane.readyCount < lane.jobs.count,
      lane.readyCount + lane.runningCount < name.width
    else { return false }
    lane.readyCount += 1
    lanes[name] = lane
    turns.append(name)
    return true
  }

  fileprivate mutating func takeTurn() -> (job: WorkQueue.Job, lane: HTTPLane)? {
    guard let name = turns.popFirst(), let job = lanes[name]?.jobs.popFirst() else { return nil }
    lanes[name]?.readyCount -= 1
    lanes[name]?.runningCount += 1
    return (job, name)
  }

  /// - Returns: whether the lane got another turn.
  fileprivate mutating func endTurn(of name: HTTPLane) -> Bool {
    lanes[name]?.runningCount -= 1
    if let lane = lanes[name], lane.runningCount == 0, lane.jobs.isEmpty { lanes[name] = nil }
    return giveTurn(to: name)
  }
}
