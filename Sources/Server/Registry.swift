package import Causality
import JSON
package import SyncProtocol

/// An account: a clinic or several with one owner; its documents are a store of their own.
package struct AccountRecord: Sendable, Equatable {
  package var id: UniqueID
  package var name: String
  /// Nobody is let in until an administrator opens the account again; nothing of it is lost.
  package var isSuspended = false
}

/// How a user proves who he is. The person itself is a document of type `user`.
package struct CredentialRecord: Sendable, Equatable {
  package var user: UniqueID
  package var account: UniqueID
  /// In the form in which addresses are compared.
  package var email: String
  /// In the form of the system's `crypt_r`; nil until a password is set.
  package var passwordHash: String?
  package var isDisabled: Bool
  /// Counts how often all logins were ended: those of before hold no longer.
  package var loginGeneration = 0
  /// Of the token by which a person who was invited sets a password; nil if none waits.
  package var invitation: Invitation?
  /// Who the person is at the OpenID provider; nil if the person never came from there.
  package var googleID: String?
  /// Networks from which the person logged in, the latest last: wrong passwords from elsewhere lock nobody out there.
  package private(set) var networks: [String] = []

  private static let mostNetworks = 8

  /// - Returns: whether that was not noted yet.
  mutating func note(network: String) -> Bool {
    if networks.contains(network) { return false }
    networks = (networks + [network]).suffix(Self.mostNetworks)
    return true
  }

  package struct Invitation: Sendable, Equatable {
    /// SHA-256, in hexadecimal digits, of the token.
    package var hash: String
    /// Milliseconds since 1970 UTC.
    package var expiresAt: UInt64
  }
}

extension CredentialRecord {
  /// Whether it is a user's. Ids of users are chosen by whoever makes them: two accounts may have the same.
  func isOf(_ user: UniqueID, in account: UniqueID) -> Bool {
    self.user == user && self.account == account
  }
}

/// A device that enrolled.
package struct DeviceRecord: Sendable, Equatable {
  package var id: UniqueID
  package var account: UniqueID
  package var user: UniqueID
  /// For whom it was enrolled before: what they wrote may still be there unsent.
  package var formerUsers: [UniqueID] = []
  /// Who has logged in on it: they write there in their own names.
  package var people: [UniqueID] = []
  /// The last of what it remembered of them that is here.
  var audit = AuditFiles.Mark()
  package var name: String
  /// The replica ids that it writes as, oldest first.
  package var replicas: [ReplicaID]
  /// What it shows to be let in.
  package var credentials: DeviceCredentials
  /// Milliseconds since 1970 UTC.
  package var enrolledAt: UInt64
  package var revokedAt: UInt64?
  /// When it gave what it had not sent; nil if it has not.
  package var surrenderedAt: UInt64?
  /// How it was told to drop everything that it holds; nil if it was not.
  package var wipe: WipeOrder?
  /// When it said that it had done so.
  package var wipedAt: UInt64?

  /// What it is told when it asks next.
  var wipeOrder: WipeOrder? { wipe != nil && surrenderedAt != nil ? .now : wipe }

  /// What a person reads of it.
  package var state: String {
    if wipedAt != nil { return "wiped" }
    if revokedAt != nil { return wipe == nil ? "revoked" : "wiping" }
    return credentials.isCopied ? "copied" : "active"
  }
}

/// The refresh tokens of one enrolment: each is good once.
package struct DeviceCredentials: Sendable, Equatable {
  /// Names the enrolment: it stands in all its tokens.
  package let family: UniqueID
  /// Of the token that was used last: each has the number behind that for which it was given.
  package private(set) var number: UInt64
  /// The random part of that; nil before the first.
  package private(set) var used: UniqueID?
  /// Whether two were seen who have the same token: only a new enrolment helps.
  package private(set) var isCopied = false

  package enum Verdict: Sendable {
    /// Goes on: another token is to be given.
    case good
    /// The token was used before by somebody who had its successor.
    case copied
  }

  init(family: UniqueID) { (self.family, number, used) = (family, 0, nil) }

  /// Whether a token of the family, which this server once gave, goes on. One that was used last may come again:
  /// its reply was lost. A number beyond the next is from the time after a backup that this server was restored
  /// from.
  func verdict(on number: UInt64, _ nonce: UniqueID) -> Verdict {
    if number > self.number { return .good }
    return number == self.number && nonce == used ? .good : .copied
  }

  /// Notes a good token as the one that was used last: from now on none of those before goes on, nor any
  /// that was given together with it.
  mutating func use(_ number: UInt64, _ nonce: UniqueID) {
    (self.number, used) = (number, nonce)
  }

  mutating func noteCopy() { isCopied = true }
}

/// A one-time enrolment code.
package struct CodeRecord: Sendable, Equatable {
  /// SHA-256, in hexadecimal digits, of the code.
  package var hash: String
  package var account: UniqueID
  package var user: UniqueID
  /// Milliseconds since 1970 UTC.
  package var expiresAt: UInt64
  /// Of each half: somebody who has one of them right may have meant this code.
  package var halves: [String] = []
  /// How often somebody did and was wrong.
  package var wrongTries = 0
}

/// What the server itself knows: kept in one file, rewritten as a whole.
package struct Registry: Sendable, Equatable {
  package var accounts: [AccountRecord] = []
  package var credentials: [CredentialRecord] = []
  package var devices: [DeviceRecord] = []
  package var codes: [CodeRecord] = []

  package init() {}
}

// MARK: - As JSON

extension Registry {
  var bytes: [UInt8] {
    let value: JSONValue = [
      "format": 1,
      "accounts": .array(accounts.map(\.value)),
      "credentials": .array(credentials.map(\.value)),
      "devices": .array(devices.map(\.value)), "codes": .array(codes.map(\.value)),
    ]
    return value.prettyBytes() + [UInt8(ascii: "\n")]
  }

  /// Nil if the bytes are no registry.
  init?(_ bytes: [UInt8]) {
    guard let object = (try? JSONValue(parsing: bytes))?.objectValue,
      object["format"]?.intValue == 1,
      let accounts = Self.records(object["accounts"], AccountRecord.init),
      let credentials = Self.records(object["credentials"], CredentialRecord.init),
      let devices = Self.records(object["devices"], DeviceRecord.init),
      let codes = Self.records(object["codes"], CodeRecord.init)
    else { return nil }
    (self.accounts, self.credentials) = (accounts, credentials)
    (self.devices, self.codes) = (devices, codes)
  }

  private static func records<Record>(
    _ value: JSONValue?, _ read: (JSONObject) -> Record?
  ) -> [Record]? {
    guard let entries = value?.arrayValue else { return nil }
    let records = entries.compactMap { $0.objectValue.flatMap(read) }
    return records.count == entries.count ? records : nil
  }
}

extension AccountRecord {
  fileprivate var value: JSONValue {
    ["id": .id(id), "name": .string(name), "suspended": .bool(isSuspended)]
  }

  fileprivate init?(_ object: JSONObject) {
    guard let id = object.id("id"), let name = object["name"]?.stringValue else { return nil }
    self.init(id: id, name: name, isSuspended: object["suspended"]?.boolValue ?? false)
  }
}

extension CredentialRecord {
  fileprivate var value: JSONValue {
    [
      "user": .id(user), "account": .id(account), "email": .string(email),
      "password_hash": passwordHash.map(JSONValue.string) ?? .null,
      "disabled": .bool(isDisabled), "login_generation": .int(loginGeneration),
      "invitation": invitation.map {
        ["hash": .string($0.hash), "expires_at": .time($0.expiresAt)]
      }
        ?? .null,
      "google_id": googleID.map(JSONValue.string) ?? .null,
      "networks": .array(networks.map(JSONValue.string)),
    ]
  }

  fileprivate init?(_ object: JSONObject) {
    guard let user = object.id("user"), let account = object.id("account"),
      let email = object["email"]?.stringValue, let isDisabled = object["disabled"]?.boolValue
    else { return nil }
    self.init(
      user: user, account: account, email: email,
      passwordHash: object["password_hash"]?.stringValue, isDisabled: isDisabled,
      loginGeneration: object["login_generation"]?.intValue ?? 0)
    if let invitation = object["invitation"]?.objectValue,
      let hash = invitation["hash"]?.stringValue, let end = invitation.time("expires_at")
    {
      self.invitation = Invitation(hash: hash, expiresAt: end)
    }
    googleID = object["google_id"]?.stringValue
    for network in object["networks"]?.arrayValue?.compactMap(\.stringValue) ?? [] {
      _ = note(network: network)
    }
  }
}

extension DeviceRecord {
  fileprivate var value: JSONValue {
    [
      "id": .id(id), "account": .id(account), "user": .id(user), "name": .string(name),
      "replicas": .array(replicas.map(JSONValue.id)),
      "credentials": credentials.value,
      "former_users": .array(formerUsers.map(JSONValue.id)),
      "people": .array(people.map(JSONValue.id)),
      "audit": ["number": .number(JSONNumber(audit.number)), "link": .string(audit.link)],
      "enrolled_at": .time(enrolledAt), "revoked_at": revokedAt.map(JSONValue.time) ?? .null,
      "surrendered_at": surrenderedAt.map(JSONValue.time) ?? .null,
      "wipe": wipe.map { .string($0.rawValue) } ?? .null,
      "wiped_at": wipedAt.map(JSONValue.time) ?? .null,
    ]
  }

  fileprivate init?(_ object: JSONObject) {
    guard let id = object.id("id"), let account = object.id("account"),
      let user = object.id("user"), let name = object["name"]?.stringValue,
      let replicas = object["replicas"]?.arrayValue,
      let credentials = object["credentials"]?.objectValue.flatMap(DeviceCredentials.init),
      let enrolledAt = object.time("enrolled_at")
    else { return nil }
    self.init(
      id: id, account: account, user: user, name: name,
      replicas: replicas.compactMap { $0.stringValue.flatMap { UniqueID($0) } },
      credentials: credentials, enrolledAt: enrolledAt, revokedAt: object.time("revoked_at"),
      surrenderedAt: object.time("surrendered_at"),
      wipe: object["wipe"]?.stringValue.flatMap(WipeOrder.init), wipedAt: object.time("wiped_at"))
    (formerUsers, people) = (object.ids("former_users"), object.ids("people"))
    if let mark = object["audit"]?.objectValue, let link = mark["link"]?.stringValue,
      let number = mark["number"]?.intValue.flatMap({ UInt64(exactly: $0) })
    {
      audit = AuditFiles.Mark(number: number, link: link)
    }
  }
}

extension DeviceCredentials {
  fileprivate var value: JSONValue {
    [
      "family": .id(family), "number": .number(JSONNumber(number)),
      "used": used.map(JSONValue.id) ?? .null, "copied": .bool(isCopied),
    ]
  }

  fileprivate init?(_ object: JSONObject) {
    guard let family = object.id("family"), let number = object["number"]?.intValue, number >= 0
    else { return nil }
    (self.family, self.number, used) = (family, UInt64(number), object.id("used"))
    isCopied = object["copied"]?.boolValue ?? false
  }
}

extension CodeRecord {
  fileprivate var value: JSONValue {
    [
      "hash": .string(hash), "account": .id(account), "user": .id(user),
      "expires_at": .time(expiresAt), "halves": .array(halves.map(JSONValue.string)),
      "wrong_tries": .int(wrongTries),
    ]
  }

  fileprivate init?(_ object: JSONObject) {
    guard let hash = object["hash"]?.stringValue, let account = object.id("account"),
      let user = object.id("user"), let expiresAt = object.time("expires_at")
    else { return nil }
    self.init(
      hash: hash, account: account, user: user, expiresAt: expiresAt,
      halves: object["halves"]?.arrayValue?.compactMap(\.stringValue) ?? [],
      wrongTries: object["wrong_tries"]?.intValue ?? 0)
  }
}

extension JSONValue {
  static func id(_ id: UniqueID) -> JSONValue { .string(id.description) }
  static func time(_ milliseconds: UInt64) -> JSONValue {
    .string(Timestamp.text(milliseconds: milliseconds))
  }
}

extension JSONObject {
  func id(_ key: String) -> UniqueID? { self[key]?.stringValue.flatMap { UniqueID($0) } }
  /// Those of a list that are ids.
  func ids(_ key: String) -> [UniqueID] {
    self[key]?.arrayValue?.compactMap { $0.stringValue.flatMap { UniqueID($0) } } ?? []
  }
  func time(_ key: String) -> UInt64? { self[key]?.stringValue.flatMap(Timestamp.milliseconds) }
}
