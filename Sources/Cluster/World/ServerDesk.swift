import Causality
import Replica
import SyncProtocol

/// Answers requests as the program of the server does, without its sockets.
struct ServerDesk {
  private let server: Replica
  private let devices: Devices

  init(_ server: Replica, _ devices: Devices) { (self.server, self.devices) = (server, devices) }

  func answer(_ request: TransportRequest, from device: UniqueID) -> TransportReply {
    let sync = ServerSync(replica: server)
    do {
      let body =
        request.path == SyncProtocolVersion.historiesPath
        ? try sync.compareHistories(request.body)
        : try sync.answer(request.body, from: devices.caller(device))
      return Self.reply(200, SyncProtocolVersion.contentType, body)
    } catch {
      return Self.reply(error.status, "application/json", SyncCodec.encode(error))
    }
  }

  static func reply(_ status: Int, _ type: String, _ body: [UInt8]) -> TransportReply {
    TransportReply(
      status: status, headers: ["content-type": type, "satchel-protocol": "1"], body: body,
      bytesSent: 0, bytesReceived: body.count)
  }
}
