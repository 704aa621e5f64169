import HTTP
import JSON
import Platform

/// Counts what is answered, and tells of it.
struct RequestObserver: HTTPObserver {
  let metrics: Metrics
  let log: EventLog?
  let front: FrontHandler

  func answered(_ exchange: HTTPExchange, times: Int) {
    let parts = front.current
    let route = exchange.request.flatMap(parts.inner.routePath)
    metrics.note(exchange, times: times, route: route)
    guard let log, parts.tellsAll || Self.isTold(exchange.status) else { return }
    log.note(
      "request",
      [
        "method": .string(exchange.request?.method ?? "?"), "route": .string(route ?? "none"),
        "status": .int(exchange.status),
        "milliseconds": .int(Int((exchange.seconds * 1000).rounded())),
        "bytes": .int(exchange.byteCount),
        "times": .int(times),
        "peer": .string(exchange.request.map(parts.throttles.addresses.of) ?? exchange.peer),
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
