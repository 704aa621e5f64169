import Causality
import Documents
import JSON

/// What a laptop remembers of the people who share it.
struct PeopleState: Sendable, Equatable {
  /// Somebody who is at the laptop.
  struct Session: Sendable, Equatable {
    /// Nil for somebody who only reads, in an emergency.
    var user: UniqueID?
    /// Milliseconds since 1970 UTC.
    var usedAt: UInt64
  }

  /// Whether anybody has ever logged in, and not left again: then somebody has to.
  var isShared = false
  /// In the order in which they came.
  var people: [Person] = []
  var session: Session?
  /// Who was logged in last.
  var last: UniqueID?
  /// When the server last said who may log in; milliseconds since 1970 UTC.
  var heardAt: UInt64 = 0
  /// When somebody gave a wrong password, the latest last.
  var failures: [UInt64] = []
}

// MARK: - As JSON

extension PeopleState {
  var bytes: [UInt8] {
    var object: JSONObject = [
      "shared": .bool(isShared), "people": .array(people.map { .object($0.object) }),
      "heard_at": .number(JSONNumber(heardAt)),
      "failures": .array(failures.map { .number(JSONNumber($0)) }),
    ]
    if let last { object.append("last", .string(last.description)) }
    if let session {
      object.append("used_at", .number(JSONNumber(session.usedAt)))
      object.append("session", session.user.map { .string($0.description) } ?? .null)
    }
    return JSONValue.object(object).bytes
  }

  /// - Returns: nil if the bytes are something else.
  init?(_ bytes: [UInt8]) {
    guard let object = (try? JSONValue(parsing: bytes))?.objectValue,
      let isShared = object["shared"]?.boolValue, let people = object["people"]?.arrayValue,
      let heardAt = object.count("heard_at")
    else { return nil }
    self.isShared = isShared
    self.people = people.compactMap { $0.objectValue.flatMap(Person.init) }
    guard self.people.count == people.count else { return nil }
    self.heardAt = heardAt
    last = object.id("last")
    failures =
      object["failures"]?.arrayValue?.compactMap { $0.intValue.flatMap { UInt64(exactly: $0) } }
      ?? []
    if let usedAt = object.count("used_at") {
      session = Session(user: object.id("session"), usedAt: usedAt)
    }
  }
}

extension JSONObject {
  fileprivate func id(_ key: String) -> UniqueID? {
    self[key]?.stringValue.flatMap { UniqueID($0) }
  }

  fileprivate func count(_ key: String) -> UInt64? {
    self[key]?.intValue.flatMap { UInt64(exactly: $0) }
  }
}
