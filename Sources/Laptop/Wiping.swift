import Causality
package import JSON
package import Platform
package import Replica
package import Storage
import SyncProtocol

/// Carries out an administrator's order to drop everything: once it is noted, nothing but this happens to the
/// store, whatever is interrupted.
package struct Wiping: Sendable {
  private let layout: StoreLayout
  private let fileSystem: any FileSystem
  private let clock: any WallClock

  package init(directory: String, fileSystem: any FileSystem, clock: any WallClock) {
    layout = StoreLayout(root: directory)
    (self.fileSystem, self.clock) = (fileSystem, clock)
  }

  /// Notes the order, in a store that is open. From here on it cannot be opened any more. Durable on return.
  static func order(_ replica: Replica, _ fileSystem: any FileSystem) throws(StorageError) {
    let (identity, layout) = (replica.store.identity, replica.store.layout)
    if try WipeRecord.read(layout, fileSystem) != nil { return }
    let teller = identity.enrolment.map {
      WipeRecord.Teller(
        url: $0.url, certificateFile: $0.certificateFile, refreshToken: $0.refreshToken)
    }
    try WipeRecord(device: identity.device, orderedAt: replica.world.clock.now(), teller: teller)
      .write(layout, fileSystem)
  }

  /// What is noted; nil if nobody ordered a wipe.
  package var record: WipeRecord? {
    do throws(StorageError) { return try WipeRecord.read(layout, fileSystem) } catch { return nil }
  }

  /// Drops everything, and tells the server. Calling it again goes on where it stopped.
  /// - Returns: whether the server knows; if not, call it again later.
  /// - Throws: `locked` while somebody has the store open.
  package func carryOut(
    _ makeTransport: (String, String?) throws(TransportError) -> any SyncTransport
  ) throws(StorageError) -> Bool {
    guard var record = try WipeRecord.read(layout, fileSystem) else { return true }
    if record.doneAt == nil {
      try record.dropEverything(layout, fileSystem)
      record.doneAt = clock.now()
      try record.write(layout, fileSystem)
    }
    guard let teller = record.teller else { return true }
    guard isHeard(teller, makeTransport) else { return false }
    record.teller = nil
    try record.write(layout, fileSystem)
    return true
  }

  /// A server that knows the device no more need not hear of it.
  private func isHeard(
    _ teller: WipeRecord.Teller,
    _ makeTransport: (String, String?) throws(TransportError) -> any SyncTransport
  ) -> Bool {
    let request = TransportRequest(
      path: SyncProtocolVersion.wipedPath,
      headers: [
        (name: "Content-Type", value: "application/json"),
        (name: SyncProtocolVersion.refreshHeaderName, value: teller.refreshToken),
      ], body: Array("{}".utf8))
    do throws(TransportError) {
      let reply = try makeTransport(teller.url, teller.certificateFile).send(request)
      return reply.status == 200
        || SyncCodec.refusal(reply.body, status: reply.status)?.code.stops == true
    } catch {
      return false
    }
  }

  /// What `satchel status` tells of a store that is gone.
  package static func status(_ record: WipeRecord) -> JSONObject {
    [
      "device": .string(record.device.description), "state": "wiped",
      "ordered_at": .string(Timestamp.text(milliseconds: record.orderedAt)),
      "done_at": record.doneAt.map { .string(Timestamp.text(milliseconds: $0)) } ?? .null,
      "acknowledged": .bool(record.teller == nil),
    ]
  }
}
