import Causality
import JSON
import Replica

/// Something that the audit remembers. It names people, devices and documents by their ids and holds nothing else
/// of them.
struct AuditEntry: Sendable {
  enum Event: String, Sendable {
    case login
    case loginFailed = "login_failed"
    /// On a laptop.
    case deviceLogin = "device_login"
    /// What a laptop remembered of its people.
    case laptop
    /// Some of that is missing, or was changed there.
    case deviceAuditBroken = "device_audit_broken"
    case read, list, search, write
    case reviewDecision = "review_decision"
    /// Users, devices, codes and settings, over the API.
    case administration
    /// A command of whoever runs the server.
    case command
    case enrolled
    case enrolmentFailed = "enrolment_failed"
    case exchange, surrender, wiped
    /// Two devices showed the same token.
    case copiedToken = "copied_token"
    /// The server was not stopped in order: what stood at the end of the log was incomplete.
    case tornTail = "torn_tail"
    /// Entries that were there once are not there any more, found at the start.
    case cutOff = "cut_off"
    /// For a while nothing could be written here, and nothing was done that belongs here.
    case resumed
  }

  var event: Event
  var account: UniqueID?
  var user: UniqueID?
  var device: UniqueID?
  /// The address from which it was asked.
  var peer: String?
  /// What belongs to the event; ids and numbers only.
  var details = JSONObject()

  init(
    _ event: Event, account: UniqueID? = nil, user: UniqueID? = nil, device: UniqueID? = nil,
    peer: String? = nil, details: JSONObject = JSONObject()
  ) {
    (self.event, self.account, self.user, self.device) = (event, account, user, device)
    (self.peer, self.details) = (peer, details)
  }

  /// - Parameter number: of the entry; the first is 1.
  func object(number: UInt64, at time: UInt64) -> JSONObject {
    var object: JSONObject = [
      "number": .number(JSONNumber(number)), "at": .time(time), "event": .string(event.rawValue),
    ]
    for (name, id) in [("account", account), ("user", user), ("device", device)] {
      if let id { object.append(name, .id(id)) }
    }
    if let peer { object.append("peer", .string(peer)) }
    for member in details.members { object.append(member.key, member.value) }
    return object
  }
}
