import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Platform

@Suite struct SignalWatcherTests {
  @Test func `signals are delivered to the handler`() {
    let received = Mutex<[Int32]>([])
    let arrived = DispatchSemaphore(value: 0)
    let watcher = SignalWatcher(signals: [SIGUSR1, SIGUSR2]) { signal in
      received.withLock { $0.append(signal) }
      arrived.signal()
    }
    #expect(watcher.failure == nil)
    for signal in [SIGUSR2, SIGUSR1, SIGUSR2] {
      watcher.deliver(signal)
      #expect(arrived.wait(timeout: .now() + 10) == .success)
    }
    watcher.stop()
    #expect(received.withLock { $0 } == [SIGUSR2, SIGUSR1, SIGUSR2])
  }

  @Test func `a stopped watcher calls nobody, and can be stopped again`() {
    let calls = Mutex(0)
    let watcher = SignalWatcher(signals: [SIGUSR1]) { _ in calls.withLock { $0 += 1 } }
    watcher.stop()
    watcher.deliver(SIGUSR1)
    watcher.stop()
    #expect(calls.withLock { $0 } == 0)
  }

  @Test func `the handler may stop its watcher`() {
    let stopped = DispatchSemaphore(value: 0)
    let holder = Mutex<SignalWatcher?>(nil)
    let watcher = SignalWatcher(signals: [SIGUSR1]) { _ in
      holder.withLock { $0 }?.stop()
      stopped.signal()
    }
    holder.withLock { $0 = watcher }
    watcher.deliver(SIGUSR1)
    #expect(stopped.wait(timeout: .now() + 10) == .success)
    holder.withLock { $0 = nil }
  }

  @Test func `what is no signal cannot be watched`() {
    let watcher = SignalWatcher(signals: [9_999]) { _ in }
    #expect(watcher.failure == SystemError("signalfd", "", code: EINVAL))
    watcher.stop()
  }
}
