import HTTP
import Platform
import Synchronization

/// What the server counts while it runs.
package final class Metrics: Sendable {
  private struct Request: Hashable {
    let method: String
    let route: String
    let status: Int
  }

  private struct Counts {
    var requests: [Request: Int] = [:]
    /// By route.
    var seconds: [String: Histogram] = [:]
    var rejected: [String: Int] = [:]
    var bytesSent = 0
    var connections = 0
    var exchanges: [String: Int] = [:]
    var syncs = Histogram()
  }

  private let counts = Mutex(Counts())
  let startedAt = monotonicMilliseconds()

  package init() {}

  /// - Parameter route: as it is described; nil if the request was not understood, or there is none.
  func note(_ exchange: HTTPExchange, times: Int, route: String?) {
    let request = Request(
      method: Self.method(exchange.request?.method), route: route ?? "none", status: exchange.status
    )
    counts.withLock { counts in
      counts.requests[request, default: 0] += times
      counts.seconds[request.route, default: Histogram()].add(
        seconds: exchange.seconds, times: times)
      counts.bytesSent += times * exchange.byteCount
      if let reason = Self.reason(exchange.status) { counts.rejected[reason, default: 0] += times }
    }
  }

  func noteTurnedAway() { counts.withLock { $0.rejected["connections", default: 0] += 1 } }

  func noteDroppedReader() { counts.withLock { $0.rejected["slow_reader", default: 0] += 1 } }

  func note(connections: Int) { counts.withLock { $0.connections = connections } }

  /// - Parameter outcome: `done`, or the code of the refusal.
  func noteSync(outcome: String) { counts.withLock { $0.exchanges[outcome, default: 0] += 1 } }

  /// How long a file took to become durable.
  func note(syncSeconds: Double) { counts.withLock { $0.syncs.add(seconds: syncSeconds) } }

  /// Strangers may send any method: each would be counted for ever.
  private static func method(_ method: String?) -> String {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return method.flatMap { known.contains($0) ? $0 : nil } ?? "other"
  }

  private static func reason(_ status: Int) -> String? {
    switch status {
    case 400, 417, 501, 505: "malformed"
    case 401: "unauthenticated"
    case 403: "forbidden"
    case 408: "slow"
    case 413, 414, 431: "too_large"
    case 429: "too_often"
    case 503: "overload"
    default: nil
    }
  }

  // MARK: - As text

  /// - Parameter add: adds what is known of accounts.
  func text(adding add: (inout MetricsText) -> Void) -> String {
    let counts = counts.withLock { $0 }
    var text = MetricsText()
    text.begin("satchel_uptime_seconds", "gauge", "Since the server began.")
    text.add("satchel_uptime_seconds", [], Int((monotonicMilliseconds() - startedAt) / 1000))
    Self.add(requests: counts, to: &text)
    text.begin("satchel_connections", "gauge", "Connections that are open.")
    text.add("satchel_connections", [], counts.connections)
    Self.add(
      counts.rejected, "satchel_rejected_total", "reason", "Requests refused, by reason.", &text)
    Self.add(
      counts.exchanges, "satchel_exchanges_total", "outcome", "Exchanges with laptops.", &text)
    text.begin("satchel_fsync_seconds", "histogram", "How long files took to become durable.")
    text.add("satchel_fsync_seconds", [], counts.syncs)
    add(&text)
    return text.text
  }

  private static func add(requests counts: Counts, to text: inout MetricsText) {
    text.begin("satchel_http_requests_total", "counter", "Requests that were answered.")
    let requests = counts.requests.sorted {
      ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
    }
    for (request, count) in requests {
      text.add(
        "satchel_http_requests_total",
        [
          ("method", request.method), ("route", request.route), ("status", "\(request.status)"),
        ], count)
    }
    text.begin("satchel_http_request_seconds", "histogram", "From a request's head to its answer.")
    for (route, histogram) in counts.seconds.sorted(by: { $0.key < $1.key }) {
      text.add("satchel_http_request_seconds", [("route", route)], histogram)
    }
    text.begin("satchel_http_sent_bytes_total", "counter", "Bytes of answers, without heads.")
    text.add("satchel_http_sent_bytes_total", [], counts.bytesSent)
  }

  private static func add(
    _ counts: [String: Int], _ name: String, _ label: String, _ help: String,
    _ text: inout MetricsText
  ) {
    text.begin(name, "counter", help)
    for (value, count) in counts.sorted(by: { $0.key < $1.key }) {
      text.add(name, [(label, value)], count)
    }
  }
}
