import HTTP
import JSON
import Platform

/// Counts what is answered, and tells of it.
final class RequestObserver: HTTPObserver {
  let metrics: Metrics
  let log: EventLog?
  let front: FrontHandler
  private let refusals = RefusalCount()

  init(metrics: Metrics, log: EventLog?, front: FrontHandler) {
    (self.metrics, self.log, self.front) = (metrics, log, front)
  }

  func answered(_ exchange: HTTPExchange, times: Int) {
    let parts = front.current
    let route = exchange.request.flatMap(parts.inner.routePath)
    metrics.note(exchange, times: times, route: route)
    guard let log, parts.tellsAll || Self.isTold(exchange.status) else { return }
    let peer = exchange.request.map(parts.throttles.addresses.of) ?? exchange.peer
    var times = times
    if exchange.status == 429, !parts.tellsAll {
      let summed = refusals.add(times, from: peer.networkKey, at: monotonicMilliseconds())
      guard let summed else { return }
      times = summed
    }
    log.note(
      "request",
      [
        "method": .string(exchange.request?.method ?? "?"), "route": .string(route ?? "none"),
        "status": .int(exchange.status),
        "milliseconds": .int(Int((exchange.seconds * 1000).rounded())),
        "bytes": .int(exchange.byteCount),
        "times": .int(times),
        "peer": .string(peer),
      ])
  }

  /// Neither the path, nor the query, nor a header: they may name patients, or open something.
  private static func isTold(_ status: Int) -> Bool {
    [400, 401, 403, 408, 413, 414, 429, 431].contains(status) || status >= 500
  }

  func connectionsChanged(to count: Int) { metrics.note(connections: count) }

  func turnedAway(_ peer: String) {
    metrics.noteTurnedAway()
    log?.note("turned_away", ["peer": .string(peer)])
  }

  func droppedReader(_ peer: String) {
    metrics.noteDroppedReader()
    log?.note("dropped_reader", ["peer": .string(peer)])
  }
}
