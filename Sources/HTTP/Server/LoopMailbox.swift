internal import Platform
internal import Synchronization

/// Messages from other threads to the connection thread.
final class LoopMailbox: Sendable {
  enum Message: Sendable {
    /// The answer to the request that this connection handles.
    case answer(connection: UInt64, HTTPResponse)
    /// Stop, and give up at that time what is not answered by then.
    case stop(by: ContinuousClock.Instant)
  }

  private let messages = Mutex<[Message]>([])
  private let wakeup: Wakeup

  init() throws(SystemError) { wakeup = try Wakeup() }

  /// To be watched for `.readable`.
  var descriptor: Int32 { wakeup.descriptor }

  func post(_ message: Message) {
    let wasEmpty = messages.withLock { messages in
      defer { messages.append(message) }
      return messages.isEmpty
    }
    if wasEmpty { wakeup.signal() }
  }

  /// All messages since the last call, in order.
  func takeAll() -> [Message] {
    wakeup.clear()
    return messages.withLock { messages in
      defer { messages = [] }
      return messages
    }
  }
}
