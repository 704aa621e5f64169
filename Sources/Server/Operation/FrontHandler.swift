import API
import HTTP
import Synchronization

/// The server's front door: finds out where a request comes from and whether that address asks too often,
/// before anybody looks at it. What stands behind it can be exchanged while it runs.
final class FrontHandler: HTTPHandler {
  /// What follows from the settings.
  struct Parts: Sendable {
    let inner: SyncHandler
    let throttles: Throttles
    /// Whether every request is told to the operator.
    let tellsAll: Bool
  }

  private let parts: Mutex<Parts>

  init(_ parts: Parts) { self.parts = Mutex(parts) }

  /// From the next request on.
  func exchange(for new: Parts) { parts.withLock { $0 = new } }

  var current: Parts { parts.withLock { $0 } }

  func admit(_ head: HTTPRequest) -> HTTPAdmission {
    let parts = current
    let head = Self.located(head, parts)
    do throws(APIError) { try parts.throttles.admit(address: head.peer) } catch {
      return .refuse(error.response)
    }
    let admission = parts.inner.admit(head)
    // Who is counted is asked for each request.
    guard case .constant(let response) = admission, parts.throttles.counts(address: head.peer)
    else { return admission }
    return .answer(response)
  }

  func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
    let parts = current
    parts.inner.handle(Self.located(request, parts), reply)
  }

  private static func located(_ request: HTTPRequest, _ parts: Parts) -> HTTPRequest {
    var request = request
    request.peer = parts.throttles.addresses.of(request)
    return request
  }
}
