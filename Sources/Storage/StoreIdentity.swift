package import Causality
import Documents
import JSON
import Platform

/// What `store.json` says: who the store is and to whom it belongs.
package struct StoreIdentity: Sendable {
  /// The format that this program writes, and the latest that it reads.
  package static let currentFormat = 2

  package var format = currentFormat
  package private(set) var replica: ReplicaID
  /// The ids under which this store wrote before, or which it gave to some of its transactions; the
  /// oldest first.
  package private(set) var former: [ReplicaID] = []
  /// Whether the replica has a new id of which no server knows yet: until a push is acknowledged it sends
  /// documents whole (DESIGN, rule 17).
  package private(set) var isNew = false
  /// Whether everything here is dropped when the store is opened next: its server was reset, and all that
  /// the server lacks is kept aside (MERGE, rule X3).
  package private(set) var startsOver = false
  /// The device: stays the same when the replica takes a new id.
  package var device: UniqueID
  package var account: UniqueID
  /// Whether the account was made here and no server knows it.
  package var isLocalAccount: Bool
  /// The server and this device's credentials there; nil before enrolment.
  package var enrolment: Enrolment?
  /// Where the store was when it was opened last; nil if nobody noted it.
  package var place: StorePlace?

  /// Goes on under a new id; what was written keeps its names (DESIGN, rule 17).
  package mutating func takeReplica(_ id: ReplicaID) {
    former.append(replica)
    (replica, isNew) = (id, true)
  }

  /// Notes that some transactions of this store have another name now (DESIGN, rule 16).
  package mutating func noteBranch(_ id: ReplicaID) {
    if id != replica, !former.contains(id) { former.append(id) }
  }

  /// Begins anew at the next opening, as a laptop of a server that was reset.
  package mutating func startOver(server: UniqueID) {
    startsOver = true
    enrolment?.server = server
  }

  /// - Parameter id: under which the store goes on.
  mutating func noteStartedOver(as id: ReplicaID) {
    takeReplica(id)
    startsOver = false
  }

  /// A server has taken a push under the new id.
  package mutating func notePushed() { isNew = false }

  package init(replica: ReplicaID, device: UniqueID, account: UniqueID, isLocalAccount: Bool) {
    self.replica = replica
    self.device = device
    self.account = account
    self.isLocalAccount = isLocalAccount
  }
}

/// A device's place at a server.
package struct Enrolment: Sendable {
  package var url: String
  /// The server is known by its identity, whatever its address.
  package var server: UniqueID
  /// The person who enrolled: the author of what is written here.
  package var user: UniqueID
  /// Renews access tokens, and itself each time.
  package var refreshToken: String
  /// What requests show until it is too old; nil if there is none.
  package var accessToken: AccessToken?
  /// What only this device and its server know, in hexadecimal digits: the server proves orders by it. Nil if the
  /// server gave none.
  package var deviceSecret: String?
  /// A file of certificates to trust besides the system's.
  package var certificateFile: String?

  package struct AccessToken: Sendable, Equatable {
    package var text: String
    /// Until when it is shown, in milliseconds since 1970 UTC by this machine's clock.
    package var until: UInt64

    package init(text: String, until: UInt64) { (self.text, self.until) = (text, until) }
  }

  package init(
    url: String, server: UniqueID, user: UniqueID, refreshToken: String, certificateFile: String?
  ) {
    self.url = url
    self.server = server
    self.user = user
    self.refreshToken = refreshToken
    self.certificateFile = certificateFile
  }
}

extension StoreIdentity {
  /// What the enrolment is sealed as.
  private static let enrolmentPiece = SealedPiece.file("store.json/enrolment")

  /// The content of `store.json`. A secret seal closes what opens the server: the enrolment.
  func bytes(_ seal: any Seal) throws(StorageError) -> [UInt8] {
    var object: JSONObject = [
      "format": .int(format), "replica": .string(replica.description),
      "device": .string(device.description), "account": .string(account.description),
      "local_account": .bool(isLocalAccount),
    ]
    if !former.isEmpty {
      object["former_replicas"] = .array(former.map { .string($0.description) })
    }
    if isNew { object["new_replica"] = true }
    if startsOver { object["starts_over"] = true }
    if let place { object["place"] = .object(place.object) }
    if let enrolment { object["enrolment"] = try Self.value(of: enrolment, seal) }
    object["check"] = Self.check(of: object)
    return JSONValue.object(object).prettyBytes() + [UInt8(ascii: "\n")]
  }

  private static func value(
    of enrolment: Enrolment, _ seal: any Seal
  ) throws(StorageError) -> JSONValue {
    let value = JSONValue.object(enrolment.object)
    guard seal.isSecret else { return value }
    return .string(HexText.text(try seal.sealed(value.bytes, as: enrolmentPiece)))
  }

  /// - Returns: nil if it is malformed, or sealed by another seal.
  private static func enrolment(_ value: JSONValue, _ seal: any Seal) -> Enrolment? {
    guard seal.isSecret else { return value.objectValue.flatMap(Enrolment.init) }
    guard let bytes = value.stringValue.flatMap(HexText.bytes),
      let content = seal.opened(bytes, as: enrolmentPiece),
      let object = (try? JSONValue(parsing: content))?.objectValue
    else { return nil }
    return Enrolment(object)
  }

  /// The CRC-32C of the ids, without white space: one that was damaged would be another store's. The
  /// rest may be edited by hand.
  private static func check(of object: JSONObject) -> JSONValue {
    let names: Set = ["replica", "device", "account", "local_account"]
    let ids = JSONObject(members: object.members.filter { names.contains($0.key) })
    return .int(Int(crc32c(JSONValue.object(ids).bytes, seed: 0)))
  }

  /// Stores of format 1 have no checksum there.
  private static func checkHolds(for object: JSONObject) -> Bool {
    object["check"]?.isIdentical(to: check(of: object)) ?? true
  }

  /// - Parameter path: of the file, for errors.
  init(parsing bytes: [UInt8], path: String, seal: any Seal) throws(StorageError) {
    func corrupt(_ problem: String) -> StorageError {
      StorageError(.corrupt, path: path, problem: problem)
    }
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes) } catch { throw corrupt("\(error)") }
    guard let format = value.objectValue?["format"]?.intValue else {
      throw corrupt("says no format")
    }
    guard format <= Self.currentFormat else {
      throw StorageError(
        .newerFormat, path: path,
        problem: "format \(format) was written by a newer program, this one reads up to "
          + "\(Self.currentFormat): nothing was touched")
    }
    guard let object = value.objectValue, Self.checkHolds(for: object) else {
      throw corrupt("the checksum does not hold; satchel verify --repair makes it anew")
    }
    guard let replica = object.id("replica"),
      let device = object.id("device"), let account = object.id("account"),
      let isLocal = object["local_account"]?.boolValue
    else { throw corrupt("an id is missing or malformed") }
    self.init(replica: replica, device: device, account: account, isLocalAccount: isLocal)
    self.format = format
    let former = object["former_replicas"]?.arrayValue ?? []
    self.former = former.compactMap { $0.stringValue.flatMap { UniqueID($0) } }
    guard self.former.count == former.count else { throw corrupt("a former id is malformed") }
    isNew = object["new_replica"]?.boolValue ?? false
    startsOver = object["starts_over"]?.boolValue ?? false
    if let entry = object["place"] {
      guard let place = entry.objectValue.flatMap(StorePlace.init) else {
        throw corrupt("the place is malformed")
      }
      self.place = place
    }
    guard let entry = object["enrolment"] else { return }
    guard let enrolment = Self.enrolment(entry, seal) else {
      throw corrupt("the enrolment is malformed")
    }
    self.enrolment = enrolment
  }
}

extension Enrolment {
  fileprivate var object: JSONObject {
    var object: JSONObject = [
      "url": .string(url), "server": .string(server.description),
      "user": .string(user.description), "refresh_token": .string(refreshToken),
    ]
    if let certificateFile { object["certificate_file"] = .string(certificateFile) }
    if let deviceSecret { object["device_secret"] = .string(deviceSecret) }
    if let accessToken {
      object["access_token"] = .string(accessToken.text)
      object["access_token_until"] = .number(JSONNumber(accessToken.until))
    }
    return object
  }

  fileprivate init?(_ object: JSONObject) {
    guard let url = object["url"]?.stringValue, let server = object.id("server"),
      let user = object.id("user"), let token = object["refresh_token"]?.stringValue
    else { return nil }
    self.init(
      url: url, server: server, user: user, refreshToken: token,
      certificateFile: object["certificate_file"]?.stringValue)
    deviceSecret = object["device_secret"]?.stringValue
    if let text = object["access_token"]?.stringValue,
      let until = object["access_token_until"]?.intValue, until >= 0
    {
      accessToken = AccessToken(text: text, until: UInt64(until))
    }
  }
}

extension JSONObject {
  fileprivate func id(_ key: String) -> UniqueID? {
    self[key]?.stringValue.flatMap { UniqueID($0) }
  }
}
