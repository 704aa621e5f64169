import API
import Causality
import HTTP
import JSON
import Platform
import Replica
import Storage

/// What the server tells of itself: to programs that watch it, and to administrators.
struct OperationRoutes: Sendable {
  let data: ServerData

  var routes: [Route] {
    let metrics = Route(open: "GET", "/metrics", "What the server counts, as Prometheus reads it") {
      (request) throws(APIError) in try self.metrics(request)
    }
    let details = Route("GET", "/health/details", .administrator, "How the account's data are") {
      (call) throws(APIError) in try self.details(call)
    }
    return [
      metrics.gives(200, .string, as: "text/plain", "counters, gauges and histograms")
        .refuses(401, 503),
      details.gives(200, Self.shape, "the state"),
    ]
  }

  private static let shape = Schema.object([
    "status": .oneOf(["ok", "degraded"]), "version": .string, "uptime_seconds": .count,
    "documents": Schema.object().with("additionalProperties", Schema.count.value),
    "review_items": .count, "log_bytes": .count, "devices": .count, "waiting_devices": .count,
    "silent_devices": .count, "recovery": .oneOf(["open", "closed"]),
    "problems": .list(.string),
  ])

  private func details(_ call: APICall) throws(APIError) -> HTTPResponse {
    let replica = call.replica
    let counts = try answering { () throws(ReplicaError) in try replica.documentCounts() }
    let review = try answering { () throws(ReplicaError) in try replica.reviewItems().count }
    let problems = problems(of: replica)
    let devices = data.read { registry in
      registry.devices.count { $0.account == replica.account && $0.state == "active" }
    }
    let uptime = (monotonicMilliseconds() - data.metrics.startedAt) / 1000
    return .json(
      200,
      [
        "status": problems.isEmpty ? "ok" : "degraded", "version": .string(ProductVersion.text),
        "uptime_seconds": .number(JSONNumber(uptime)),
        "documents": .object(JSONObject(counts.map { ($0.type, JSONValue.int($0.count)) })),
        "review_items": .int(review), "log_bytes": .int(replica.store.logByteCount),
        "devices": .int(devices), "waiting_devices": .int(data.watches.count(of: replica.account)),
        "silent_devices": .int(replica.silentReplicas.count),
        "recovery": replica.recovery.isOpen ? "open" : "closed",
        "problems": .array(problems.map(JSONValue.string)),
      ])
  }

  private func problems(of replica: Replica) -> [String] {
    var problems: [String] = []
    if let refusal = replica.store.refusal { problems.append(refusal.problem) }
    problems += replica.store.damage.map(\.problem)
    if let obstacle = data.audit.obstacle() { problems.append("the audit: \(obstacle)") }
    return problems
  }

  // MARK: - Metrics

  private func metrics(_ request: HTTPRequest) throws(APIError) -> HTTPResponse {
    try requireToken(request)
    let text = data.metrics.text { text in
      addAccounts(&text)
    }
    return HTTPResponse(
      status: 200, headers: ["Content-Type": MetricsText.contentType], body: Array(text.utf8))
  }

  private func requireToken(_ request: HTTPRequest) throws(APIError) {
    let token = try onServer { () throws(ServerError) in
      try SecretKey(path: data.layout.metricsToken, data.setup).bytes()
    }
    guard let header = request.headers["Authorization"], header.hasPrefix("Bearer "),
      equalInConstantTime(Array(header.dropFirst("Bearer ".count).utf8), token)
    else {
      throw APIError(401, "unauthorized", "the token is what satchel-server metrics-token prints")
    }
  }

  private func addAccounts(_ text: inout MetricsText) {
    let replicas = data.openReplicas.sorted { $0.account < $1.account }
    func add(_ name: String, _ kind: String, _ help: String, _ value: (Replica) -> Int?) {
      text.begin(name, kind, help)
      for replica in replicas {
        if let value = value(replica) {
          text.add(name, [("account", replica.account.description)], value)
        }
      }
    }
    add("satchel_merged_documents_total", "counter", "Documents that laptops changed.") {
      $0.arrivedDocumentCount
    }
    add("satchel_review_items", "gauge", "Items that wait for a person.") { replica in
      do throws(ReplicaError) { return try replica.reviewItems().count } catch { return nil }
    }
    add("satchel_log_bytes", "gauge", "Bytes of the write-ahead log.") { $0.store.logByteCount }
    add("satchel_waiting_devices", "gauge", "Laptops that wait for news.") {
      data.watches.count(of: $0.account)
    }
  }
}
