import HTTP
import JSON

/// Says that the program runs.
package enum HealthRoute {
  package static let route = Route(open: "GET", "/health", "Whether the program runs") { _ in
    .json(200, ["status": "ok"])
  }.gives(200, .object(["status": .oneOf(["ok"])]), "it does")
}
