import Causality
import Dispatch
import HTTP
import Synchronization
import Testing

@testable import Server

/// Laptops that wait, and when they are told.
@Suite struct WatchHubTests {
  private let hub = WatchHub()
  private let account: UniqueID

  init() throws { account = try TestServer().account }

  private final class Answers: Sendable {
    private let count = Atomic(0)
    private let added = DispatchSemaphore(value: 0)
    var all: Int { count.load(ordering: .relaxed) }

    func add() {
      count.add(1, ordering: .relaxed)
      added.signal()
    }

    /// Waits until there are so many, or none has come for ten seconds.
    func wait(for number: Int) {
      while all < number, added.wait(timeout: .now() + 10) == .success {}
    }
  }

  private func wait(_ answers: Answers, after: UInt64, head: UInt64) -> HTTPReply {
    let reply = HTTPReply { _ in answers.add() }
    hub.wait(reply, account: account, after: after) { head }
    return reply
  }

  @Test func `all who have not seen the news are told at once`() {
    let answers = Answers()
    let replies = (0..<3).map { wait(answers, after: UInt64($0), head: 0) }
    #expect(answers.all == 0 && hub.count == 3)
    hub.tell(account, head: 2)
    #expect(answers.all == 2 && hub.count(of: account) == 1)
    withExtendedLifetime(replies) {}
  }

  @Test func `who has missed something is told when he comes`() {
    let answers = Answers()
    _ = wait(answers, after: 1, head: 2)
    #expect(answers.all == 1)
  }

  @Test func `news that come quickly are gathered, and told when the others had their time`() throws
  {
    let answers = Answers()
    var replies = (0..<300).map { _ in wait(answers, after: 0, head: 0) }
    hub.tell(account, head: 1)
    #expect(answers.all == 300)
    replies += (0..<300).map { _ in wait(answers, after: 1, head: 1) }
    hub.tell(account, head: 2)
    hub.tell(account, head: 1)
    #expect(answers.all == 300)
    try hub.start()
    answers.wait(for: 600)
    hub.stop()
    #expect(answers.all == 600)
    withExtendedLifetime(replies) {}
  }

  @Test func `another account's news wake nobody`() throws {
    let answers = Answers()
    let reply = wait(answers, after: 0, head: 0)
    hub.tell(try TestServer().account, head: 5)
    #expect(answers.all == 0)
    hub.stop()
    #expect(answers.all == 1 && hub.count == 0)
    withExtendedLifetime(reply) {}
  }
}
