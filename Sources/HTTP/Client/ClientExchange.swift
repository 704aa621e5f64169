internal import Platform

/// One request on its way out and its answer on its way in, at the same time.
struct ClientExchange {
  let socket: StreamSocket
  private let output: [UInt8]
  private var sentByteCount = 0
  private var cannotSend = false
  private var parser: ResponseParser
  private let deadline: ContinuousClock.Instant

  init(
    socket: StreamSocket, output: [UInt8], parser: ResponseParser,
    deadline: ContinuousClock.Instant
  ) {
    self.socket = socket
    self.output = output
    self.parser = parser
    self.deadline = deadline
  }

  private var isSending: Bool { sentByteCount < output.count && !cannotSend }

  /// Whether the connection can carry another exchange.
  var keepsConnection: Bool { sentByteCount == output.count && parser.keepsConnection }

  /// Blocks until the answer is complete.
  mutating func run(_ scratch: inout [UInt8]) throws(HTTPClientError) -> HTTPResponse {
    while true {
      let ready = try wait()
      if isSending && !ready.isDisjoint(with: [.writable, .broken]) { write() }
      guard !ready.isDisjoint(with: [.readable, .broken]) else { continue }
      if let response = try read(&scratch) { return response }
    }
  }

  private func wait() throws(HTTPClientError) -> Readiness {
    let left = ContinuousClock.now.duration(to: deadline) / .seconds(1)
    guard left > 0 else { throw .timedOut }
    do throws(SystemError) {
      return try socket.wait(
        for: isSending ? [.readable, .writable] : .readable,
        milliseconds: HTTPClient.milliseconds(left))
    } catch {
      throw .system(error)
    }
  }

  private mutating func write() {
    do throws(SystemError) {
      sentByteCount += try socket.write(output, from: sentByteCount) ?? 0
    } catch {
      // A server that refuses a request stops reading it: its answer may be here to be read.
      cannotSend = true
    }
  }

  private mutating func read(_ scratch: inout [UInt8]) throws(HTTPClientError) -> HTTPResponse? {
    switch try receive(&scratch) {
    case .wouldBlock:
      return nil
    case .end:
      guard let response = parser.finish() else { throw .closed }
      return response
    case .bytes(let count):
      do throws(HTTPRefusal) {
        return try parser.feed(scratch[..<count])
      } catch {
        throw .malformed(error)
      }
    }
  }

  private func receive(
    _ scratch: inout [UInt8]
  ) throws(HTTPClientError) -> StreamSocket.ReadOutcome {
    do throws(SystemError) {
      return try socket.read(into: &scratch)
    } catch {
      throw .system(error)
    }
  }
}
