import API
import HTTP
import JSON
import Laptop
import Replica

/// What only the process that owns a laptop's store answers: how its syncs go.
struct SyncRoutes: Sendable {
  private let runner: CommandRunner

  init(_ runner: CommandRunner) { self.runner = runner }

  var routes: [Route] {
    [
      Route("GET", "/api/sync/status", .user, "What the store holds, and how its syncs go") {
        (_) throws(APIError) in try answer(status)
      }.gives(200, Self.state, "as satchel status"),
      Route("POST", "/api/sync/now", .user, "One complete push and pull") {
        (_) throws(APIError) in try answer(sync)
      }.gives(200, Self.report, "what moved"),
    ]
  }

  private func answer(
    _ operation: () throws(ReplicaError) -> JSONObject
  ) throws(APIError) -> HTTPResponse {
    do { return .json(200, .object(try operation())) } catch { throw APIError(error) }
  }

  private func status() throws(ReplicaError) -> JSONObject {
    try runner.laptop.status(review: try runner.reviewCount())
  }

  private func sync() throws(ReplicaError) -> JSONObject {
    try runner.value(of: try runner.syncer.syncOnce(url: nil))
  }

  private static let state = Schema.object([
    "replica": .uuid, "account": .uuid, "server": Schema.string.orNull, "documents": .object(),
    "unsent": .count, "review": .count, "parked": .count, "quarantined": .count,
    "skew_seconds": .number,
    "state": .oneOf([
      "local", "syncing", "idle", "offline", "refused", "wiped", "damaged",
    ]),
    "last_sync": Schema.object(["at": .time, "ok": .boolean, "error": Schema.string.orNull]).orNull,
    "knowledge": .object(), "encryption": .oneOf(["none", "store"]),
    "encryption_missing": .boolean,
  ])

  private static let report = Schema.object([
    "pushed": .count, "pulled": .count, "bytes_sent": .count, "bytes_received": .count,
    "round_trips": .count, "seconds": .number, "parked": .count, "review": .count,
  ])
}
