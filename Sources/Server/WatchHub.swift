import API
import Causality
import Dispatch
import HTTP
import JSON
import Platform
import Synchronization

/// Laptops that wait for something to arrive. Each costs its connection and an entry here, no thread: one
/// for all of them answers those that have waited long enough.
///
/// Those of an account are told at once when nothing was told for a while. If news come quickly they are gathered:
/// each time all are told they all ask for what is new, and the more they are, the longer that takes.
package final class WatchHub: Sendable {
  /// After so long a laptop is answered that nothing has arrived: proxies give up later.
  static let maximumSeconds = 25.0
  /// News are gathered for as many milliseconds as there are laptops that wait, and no longer than this.
  private static let mostGatherMilliseconds: UInt64 = 500

  private struct Waiter: Sendable {
    let after: UInt64
    let reply: HTTPReply
    let deadline: UInt64
  }

  /// Those of one account.
  private struct Waiters: Sendable {
    var all: [Waiter] = []
    /// The head of the feed, as far as it was heard of.
    var head: UInt64 = 0
    /// Until when nobody is told anything.
    var quietUntil: UInt64 = 0

    var hasNews: Bool { all.contains { $0.after < head } }

    mutating func takeThoseWithNews(at now: UInt64) -> [Waiter] {
      guard now >= quietUntil else { return [] }
      let head = head
      let told = take { $0.after < head }
      if !told.isEmpty { quietUntil = now + min(UInt64(told.count), mostGatherMilliseconds) }
      return told
    }

    mutating func take(where isDue: (Waiter) -> Bool) -> [Waiter] {
      let due = all.filter(isDue)
      if !due.isEmpty { all.removeAll(where: isDue) }
      return due
    }
  }

  private let accounts = Mutex<[UniqueID: Waiters]>([:])
  private let thread = Mutex<SystemThread?>(nil)
  private let isStopped = Atomic(false)
  private let wake = DispatchSemaphore(value: 0)

  package init() {}

  /// Begins to look who has waited long enough, until `stop`. Call once.
  func start() throws(SystemError) {
    let started = try SystemThread { [self] in
      while !isStopped.load(ordering: .acquiring) {
        _ = wake.wait(timeout: .now() + .milliseconds(Int(millisecondsToNext())))
        while wake.wait(timeout: .now()) == .success {}
        answerThoseDue()
      }
    }
    thread.withLock { $0 = started }
  }

  /// How many wait.
  package var count: Int { accounts.withLock { $0.values.reduce(0) { $0 + $1.all.count } } }

  /// How many of an account wait.
  func count(of account: UniqueID) -> Int { accounts.withLock { $0[account]?.all.count ?? 0 } }

  /// Answers when the head of an account's feed is past a place. Never blocks.
  /// - Parameter head: reads the head: asked once the laptop is sure to be told of whatever comes later.
  func wait(
    _ reply: HTTPReply, account: UniqueID, after: UInt64, head: () -> UInt64
  ) {
    let deadline = monotonicMilliseconds() + UInt64(Self.maximumSeconds * 1000)
    let waiter = Waiter(after: after, reply: reply, deadline: deadline)
    accounts.withLock { $0[account, default: Waiters()].all.append(waiter) }
    tell(account, head: head())
  }

  /// Answers those who have not seen the head of an account's feed, now or soon.
  func tell(_ account: UniqueID, head: UInt64) {
    let now = monotonicMilliseconds()
    let (told, mustWait) = accounts.withLock { accounts -> ([Waiter], Bool) in
      guard var waiters = accounts[account] else { return ([], false) }
      // Two commits may tell of themselves in the other order.
      waiters.head = max(waiters.head, head)
      let told = waiters.takeThoseWithNews(at: now)
      accounts[account] = waiters
      return (told, told.isEmpty && waiters.hasNews)
    }
    for waiter in told { Self.answer(waiter, head) }
    if mustWait { wake.signal() }
  }

  /// Answers all, because the server stops.
  package func stop() {
    isStopped.store(true, ordering: .releasing)
    wake.signal()
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
    let all = accounts.withLock { accounts in
      defer { accounts = [:] }
      return accounts.values.flatMap(\.all)
    }
    for waiter in all { Self.answer(waiter, waiter.after) }
  }

  /// Until somebody may be due.
  private func millisecondsToNext() -> UInt64 {
    let now = monotonicMilliseconds()
    let next = accounts.withLock { accounts in
      accounts.values.filter(\.hasNews).map(\.quietUntil).min()
    }
    return min(1000, next.map { $0 > now ? $0 - now : 0 } ?? 1000)
  }

  private func answerThoseDue() {
    let now = monotonicMilliseconds()
    for account in accounts.withLock({ $0.keys.sorted() }) {
      let (told, head, late) = accounts.withLock { accounts -> ([Waiter], UInt64, [Waiter]) in
        guard var waiters = accounts[account] else { return ([], 0, []) }
        let told = waiters.takeThoseWithNews(at: now)
        let late = waiters.take { $0.deadline <= now || $0.reply.isCancelled }
        let isUsed = !waiters.all.isEmpty || waiters.quietUntil > now
        accounts[account] = isUsed ? waiters : nil
        return (told, waiters.head, late)
      }
      for waiter in told { Self.answer(waiter, head) }
      for waiter in late { Self.answer(waiter, waiter.after) }
    }
  }

  private static func answer(_ waiter: Waiter, _ head: UInt64) {
    waiter.reply.send(HTTPResponse.json(200, ["head": .number(JSONNumber(head))]))
  }
}
