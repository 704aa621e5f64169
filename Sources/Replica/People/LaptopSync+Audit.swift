import Documents
import JSON
import SyncProtocol

extension LaptopSync {
  /// About how much goes at once, in bytes.
  private static let auditByteCount = 256 << 10
  /// The most requests after one sync.
  private static let mostRequests = 64

  /// Gives the server what was remembered here of its people. What it does not take now it gets next time.
  package func sendAudit() throws(ReplicaError) {
    for _ in 0..<Self.mostRequests {
      let lines = replica.audit.unsent(Self.auditByteCount)
      if lines.isEmpty { return }
      var report = SyncReport()
      let body = lines.flatMap { $0 + [UInt8(ascii: "\n")] }
      let reply = try transmit(body, to: SyncProtocolVersion.auditPath, &report)
      let object = (try? JSONValue(parsing: reply.body))?.objectValue
      guard reply.status == 200,
        let number = object?["number"]?.intValue.flatMap({ UInt64(exactly: $0) })
      else { return }
      replica.audit.noteSent(upTo: number)
    }
  }
}
