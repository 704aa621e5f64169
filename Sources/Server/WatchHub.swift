import API
import Causality
import Dispatch
import HTTP
import JSON
import Platform
import Synchronization

/// Laptops that wait for something to arrive. Each costs its connection and an entry here, no thread: one
/// for all of them answers those that have waited long enough.
package final class WatchHub: Sendable {
  /// After so long a laptop is answered that nothing has arrived: proxies give up later.
  static let maximumSeconds = 25.0

  private struct Waiter: Sendable {
    let after: UInt64
    let reply: HTTPReply
    let deadline: UInt64
  }

  private let waiters = Mutex<[UniqueID: [Waiter]]>([:])
  private let thread = Mutex<SystemThread?>(nil)
  private let isStopped = Atomic(false)
  private let stopping = DispatchSemaphore(value: 0)

  package init() {}

  /// Begins to look once a second who has waited long enough, until `stop`. Call once.
  func start() throws(SystemError) {
    let started = try SystemThread { [self] in
      while !isStopped.load(ordering: .acquiring) {
        _ = stopping.wait(timeout: .now() + 1)
        expire()
      }
    }
    thread.withLock { $0 = started }
  }

  /// How many wait.
  package var count: Int { waiters.withLock { $0.values.reduce(0) { $0 + $1.count } } }

  /// How many of an account wait.
  func count(of account: UniqueID) -> Int { waiters.withLock { $0[account]?.count ?? 0 } }

  /// Answers when the head of an account's feed is past a place. Never blocks.
  /// - Parameter head: reads the head: asked once the laptop is sure to be told of whatever comes later.
  func wait(
    _ reply: HTTPReply, account: UniqueID, after: UInt64, head: () -> UInt64
  ) {
    let deadline = monotonicMilliseconds() + UInt64(Self.maximumSeconds * 1000)
    let waiter = Waiter(after: after, reply: reply, deadline: deadline)
    waiters.withLock { $0[account, default: []].append(waiter) }
    tell(account, head: head())
  }

  /// Answers those who have not seen the head of an account's feed.
  func tell(_ account: UniqueID, head: UInt64) {
    for waiter in take(from: account, where: { $0.after < head }) { Self.answer(waiter, head) }
  }

  /// Answers all, because the server stops.
  package func stop() {
    isStopped.store(true, ordering: .releasing)
    stopping.signal()
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
    for account in waiters.withLock({ Array($0.keys) }) {
      for waiter in take(from: account, where: { _ in true }) {
        Self.answer(waiter, waiter.after)
      }
    }
  }

  private func expire() {
    let now = monotonicMilliseconds()
    for account in waiters.withLock({ Array($0.keys) }) {
      let due = take(from: account) { $0.deadline <= now || $0.reply.isCancelled }
      for waiter in due { Self.answer(waiter, waiter.after) }
    }
  }

  private func take(from account: UniqueID, where isDue: (Waiter) -> Bool) -> [Waiter] {
    waiters.withLock { waiters in
      guard let all = waiters[account] else { return [] }
      let due = all.filter(isDue)
      guard !due.isEmpty else { return [] }
      let left = all.filter { !isDue($0) }
      waiters[account] = left.isEmpty ? nil : left
      return due
    }
  }

  private static func answer(_ waiter: Waiter, _ head: UInt64) {
    waiter.reply.send(HTTPResponse.json(200, ["head": .number(JSONNumber(head))]))
  }
}
