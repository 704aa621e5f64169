package import CommandLineTool
package import HTTP
import Platform

/// Speaks to the process that owns a store.
package enum ControlClient {
  /// How long a command may take, in seconds: an import of a large file, a first sync.
  private static let timeoutSeconds = 3600.0

  /// Runs a command in the owner's process.
  /// - Returns: nil if nobody listens there, or another owner soon will.
  package static func run(_ call: ControlCall, socket: String) -> CommandOutcome? {
    guard
      let client = try? HTTPClient(
        connectingTo: .unix(path: socket), timeoutSeconds: timeoutSeconds)
    else { return nil }
    defer { client.close() }
    do {
      let response = try client.send(
        method: "POST", target: ControlCall.path, headers: HTTPHeaders(), body: call.bytes)
      // The owner is about to change.
      if response.status == 503 { return nil }
      if response.status == 200, let outcome = ControlAnswer.outcome(response.body) {
        return outcome
      }
      return .failure("the program that owns the store refused the command (\(response.status))")
    } catch {
      return .failure("the program that owns the store did not answer: \(error)")
    }
  }
}

/// The owner's side: commands that came through the control socket.
package struct ControlHandler: HTTPHandler {
  /// The largest call that is taken, in bytes.
  package static let maximumByteCount = 256 << 20
  private let run: @Sendable (ControlCall) -> CommandOutcome?

  /// - Parameter run: carries a command out; called on a worker thread. Nil if another owner will, in a moment.
  package init(run: @escaping @Sendable (ControlCall) -> CommandOutcome?) { self.run = run }

  package func admit(_ head: HTTPRequest) -> HTTPAdmission {
    guard head.path == ControlCall.path, head.method == "POST" else {
      return .refuse(HTTPResponse(status: 404))
    }
    return .accept(maximumBodyByteCount: Self.maximumByteCount)
  }

  package func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
    guard let call = ControlCall(request.body) else {
      return reply.send(HTTPResponse(status: 400))
    }
    reply.send(
      run(call).map { HTTPResponse(status: 200, body: ControlAnswer.bytes($0)) }
        ?? HTTPResponse(status: 503))
  }
}
