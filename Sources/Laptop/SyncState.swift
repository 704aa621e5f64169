import JSON
import Platform

/// How the last sync went. Kept beside the store, so that every program can tell; it is only told,
/// never relied on, so it is not made durable.
package struct SyncState: Sendable {
  package enum Outcome: String, Sendable {
    case done
    /// The server could not be reached.
    case offline
    /// The server said no: somebody must do something.
    case refused
    /// The store itself failed.
    case damaged
  }

  /// Milliseconds since 1970 UTC of the last attempt.
  package var at: UInt64
  package var outcome: Outcome
  /// What went wrong, in plain words.
  package var error: String?
  /// Of the last complete sync; nil before the first.
  package var lastSuccess: UInt64?

  package init(at: UInt64, outcome: Outcome, error: String?, lastSuccess: UInt64?) {
    self.at = at
    self.outcome = outcome
    self.error = error
    self.lastSuccess = lastSuccess
  }

  var object: JSONObject {
    var object: JSONObject = [
      "at": .number(JSONNumber(at)), "outcome": .string(outcome.rawValue),
    ]
    if let error { object.append("error", .string(error)) }
    if let lastSuccess { object.append("last_success", .number(JSONNumber(lastSuccess))) }
    return object
  }

  init?(_ bytes: [UInt8]) {
    guard let object = (try? JSONValue(parsing: bytes))?.objectValue,
      let at = object["at"]?.intValue, at >= 0,
      let outcome = object["outcome"]?.stringValue.flatMap(Outcome.init)
    else { return nil }
    self.init(
      at: UInt64(at), outcome: outcome, error: object["error"]?.stringValue,
      lastSuccess: object["last_success"]?.intValue.map { UInt64(max(0, $0)) })
  }
}
