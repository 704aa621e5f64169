import Causality
import Documents
import JSON
package import Platform
package import Replica
package import Storage
import SyncProtocol
import Synchronization

/// Runs syncs.
package protocol Syncing: Sendable {
  /// One complete push and pull. See `Laptop.syncOnce`.
  func syncOnce(url: String?) throws(ReplicaError) -> SyncReport
}

extension Laptop: Syncing {}

/// A laptop's replica with its way to the server: what `satchel` and `satchel-syncd` share.
package final class Laptop: Sendable {
  /// Makes the way to a server's address.
  package typealias TransportMaker =
    @Sendable (_ url: String, _ certificateFile: String?) throws(TransportError)
    -> any SyncTransport

  package let replica: Replica
  private let fileSystem: any FileSystem
  private let makeTransport: TransportMaker
  private let sync = Mutex<(url: String, sync: LaptopSync)?>(nil)
  private let watching = Mutex<(url: String, transport: any SyncTransport)?>(nil)
  private let wiped = Atomic(false)
  /// One sync at a time, to whatever address: they share the staged pages.
  private let running = Mutex(())

  package init(
    replica: Replica, fileSystem: any FileSystem, makeTransport: @escaping TransportMaker
  ) {
    self.replica = replica
    self.fileSystem = fileSystem
    self.makeTransport = makeTransport
  }

  // MARK: - Sync

  /// One complete push and pull; remembers how it went.
  /// - Parameter url: the server's new address; nil for the one that is known.
  package func syncOnce(url: String?) throws(ReplicaError) -> SyncReport {
    do throws(ReplicaError) {
      let report = try running.withLock { (_) throws(ReplicaError) in
        try laptopSync(url).run()
      }
      if let url { try remember(url) }
      note(.done, error: nil)
      sendAudit()
      return report
    } catch {
      let error = withoutUnprovenOrder(error)
      note(Self.outcome(error), error: error.description)
      if case .sync(let refusal) = error, [.revoked, .userDisabled].contains(refusal.code) {
        obey(refusal)
      }
      throw error
    }
  }

  /// What cannot be given now goes with the next sync.
  private func sendAudit() {
    try? running.withLock { (_) throws(ReplicaError) in try laptopSync(nil).sendAudit() }
  }

  /// Waits until the server has something new, or for a while, beside syncs that are under way.
  /// - Returns: whether a sync would bring anything.
  package func watchOnce() throws(ReplicaError) -> Bool {
    guard let enrolment = replica.store.identity.enrolment else { throw .notEnrolled }
    let sync = try laptopSync(nil)
    let transport = try watching.withLock { (current) throws(ReplicaError) in
      if let current, current.url == enrolment.url { return current.transport }
      let new = try self.transport(enrolment.url, enrolment.certificateFile)
      current = (enrolment.url, new)
      return new
    }
    return try sync.watch(over: transport)
  }

  /// Makes `watchOnce` fail soon, from now on.
  package func cancelWatch() { watching.withLock { $0 }?.transport.cancel() }

  /// Makes syncs fail soon where they wait for the server, from now on: the program is ending.
  package func cancelSync() { sync.withLock { $0 }?.sync.cancel() }

  /// A device that was revoked, or whose user was disabled, gives what it has not sent, once: afterwards the
  /// server refuses that too. What cannot be given now stays here, and the next attempt to sync tries again.
  /// Then it drops everything, if that is the order.
  private func obey(_ refusal: SyncRefusal) {
    do throws(ReplicaError) {
      if refusal.wipe != .now {
        try running.withLock { (_) throws(ReplicaError) in try laptopSync(nil).surrender() }
      }
      guard refusal.wipe != nil else { return }
      do { try Wiping.order(replica, fileSystem) } catch { throw .storage(error) }
      wiped.store(true, ordering: .releasing)
    } catch {
      // The next attempt to sync tries again.
    }
  }

  /// Says of an order that nobody proves that it came, and that it is not carried out.
  private func withoutUnprovenOrder(_ error: ReplicaError) -> ReplicaError {
    guard case .sync(let refusal) = error, let order = refusal.wipe,
      !isProven(order, by: refusal.wipeProof)
    else { return error }
    return .sync(
      SyncRefusal(
        .forbidden,
        "an order to drop everything came, and nothing shows that it is from the server that enrolled this laptop: "
          + "nothing was dropped or sent; ask an administrator"))
  }

  /// Whether an order to drop everything is from the server that enrolled the device. One that gave no secret is
  /// believed by its answer alone.
  private func isProven(_ order: WipeOrder, by proof: String?) -> Bool {
    guard let secret = replica.store.identity.enrolment?.deviceSecret else { return true }
    guard let key = HexText.bytes(secret), let proof = proof.flatMap(HexText.bytes),
      let cryptography = try? Cryptography.load()
    else { return false }
    let expected = cryptography.hmacSHA256(
      key: key, order.provenBytes(to: replica.store.identity.device))
    return equalInConstantTime(proof, expected)
  }

  /// Whether the store must be closed, to be wiped.
  package var mustWipe: Bool { wiped.load(ordering: .acquiring) }

  /// Asks the server who somebody is; nil if the password is wrong. One at a time with syncs: both may get new
  /// tokens.
  func person(email: String, password: String) throws(ReplicaError) -> Person? {
    try running.withLock { (_) throws(ReplicaError) in
      try laptopSync(nil).person(email: email, password: password)
    }
  }

  private func laptopSync(_ url: String?) throws(ReplicaError) -> LaptopSync {
    guard let enrolment = replica.store.identity.enrolment else { throw .notEnrolled }
    let url = url ?? enrolment.url
    return try sync.withLock { (current) throws(ReplicaError) in
      if let current, current.url == url { return current.sync }
      let new = LaptopSync(
        replica: replica, transport: try transport(url, enrolment.certificateFile),
        fileSystem: fileSystem)
      current = (url, new)
      return new
    }
  }

  private func transport(
    _ url: String, _ certificateFile: String?
  ) throws(ReplicaError) -> any SyncTransport {
    do { return try makeTransport(url, certificateFile) } catch {
      throw .unreachable("\(error)")
    }
  }

  private func remember(_ url: String) throws(ReplicaError) {
    guard replica.store.identity.enrolment?.url != url else { return }
    do {
      try replica.store.updateIdentity { $0.enrolment?.url = url }
    } catch {
      throw .storage(error)
    }
  }

  private static func outcome(_ error: ReplicaError) -> SyncState.Outcome {
    switch error {
    case .unreachable: .offline
    case .storage: .damaged
    case .sync(let refusal): refusal.code == .unavailable ? .offline : .refused
    default: .refused
    }
  }

  // MARK: - What is remembered of the last sync

  package var syncState: SyncState? { replica.store.recall(.sync).flatMap(SyncState.init) }

  private func note(_ outcome: SyncState.Outcome, error: String?) {
    let now = replica.world.clock.now()
    let success = outcome == .done ? now : syncState?.lastSuccess
    let state = SyncState(at: now, outcome: outcome, error: error, lastSuccess: success)
    // A disk that takes no more must not make a sync fail that has been done.
    try? replica.store.remember(.sync, JSONValue.object(state.object).bytes)
  }

  // MARK: - Enrolment

  /// Enrols the device at a server by a one-time code. A local account becomes the code's account,
  /// with all documents and their ids; a store of that account keeps everything.
  ///
  /// - Throws: `sync` if the server refuses, such as a code for another account: nothing has changed.
  package func enrol(
    url: String, code: String, deviceName: String, certificateFile: String?
  ) throws(ReplicaError) -> Enrolment {
    let identity = replica.store.identity
    var body: JSONObject = [
      "code": .string(code), "device": .string(identity.device.description),
      "replica": .string(identity.replica.description), "name": .string(deviceName),
    ]
    if !identity.isLocalAccount {
      body.append("account", .string(identity.account.description))
    }
    // Shows the server that it is the device that it says it is; no other server sees it.
    if let old = identity.enrolment, old.url == url {
      body.append("refresh_token", .string(old.refreshToken))
    }
    let reply = try send(
      TransportRequest(
        path: SyncProtocolVersion.enrolPath,
        headers: [(name: "Content-Type", value: "application/json")],
        body: JSONValue.object(body).bytes), url, certificateFile)
    let (enrolment, account) = try granted(reply, url, certificateFile)
    guard identity.isLocalAccount || identity.account == account else {
      throw .conflict(
        "the server put the device into account \(account); this store belongs to account "
          + "\(identity.account): nothing was changed")
    }
    do {
      try replica.store.updateIdentity { identity in
        identity.enrolment = enrolment
        identity.account = account
        identity.isLocalAccount = false
      }
    } catch {
      throw .storage(error)
    }
    return enrolment
  }

  private func send(
    _ request: TransportRequest, _ url: String, _ certificateFile: String?
  ) throws(ReplicaError) -> TransportReply {
    let transport = try transport(url, certificateFile)
    do { return try transport.send(request) } catch { throw .unreachable("\(error)") }
  }

  private func granted(
    _ reply: TransportReply, _ url: String, _ certificateFile: String?
  ) throws(ReplicaError) -> (Enrolment, account: UniqueID) {
    let object = (try? JSONValue(parsing: reply.body))?.objectValue
    if let message = object?["error"]?.objectValue?["message"]?.stringValue, reply.status != 200 {
      throw .conflict("the server refuses the enrolment: \(message)")
    }
    guard reply.status == 200, let object, let account = object.id("account"),
      let server = object.id("server"), let user = object.id("user"),
      let token = object["refresh_token"]?.stringValue
    else {
      throw .unreachable(
        "\(url): what answers there is no Satchel server (HTTP status \(reply.status))")
    }
    var enrolment = Enrolment(
      url: url, server: server, user: user, refreshToken: token,
      certificateFile: certificateFile)
    enrolment.deviceSecret = object["device_secret"]?.stringValue
    return (enrolment, account)
  }
}

extension JSONObject {
  fileprivate func id(_ key: String) -> UniqueID? {
    self[key]?.stringValue.flatMap { UniqueID($0) }
  }
}
