import Causality
import JSON
import Platform
import Storage
import SyncProtocol

extension LaptopSync {
  /// Waits until the server has something that this replica has not seen, or for a while.
  ///
  /// - Parameter transport: one of its own: the request stands for long.
  /// - Returns: whether a sync would bring anything.
  /// - Throws: as `run`.
  package func watch(over transport: any SyncTransport) throws(ReplicaError) -> Bool {
    let seen = replica.peer.cursor?.head ?? 0
    var report = SyncReport()
    let body: JSONValue = ["after": .number(JSONNumber(seen))]
    let reply = try transmit(
      body.bytes, to: SyncProtocolVersion.watchPath, &report, over: transport)
    guard reply.status == 200 else { throw .sync(try refusal(reply)) }
    let object = (try? JSONValue(parsing: reply.body))?.objectValue
    guard let head = object?["head"]?.intValue, head >= 0 else {
      throw .unreachable("what answers at this address is no Satchel server")
    }
    // What arrived meanwhile may have been this replica's own push.
    return UInt64(head) > replica.peer.cursor?.head ?? 0
  }
}
