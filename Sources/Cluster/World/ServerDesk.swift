import Causality
import Documents
import Replica
import SyncProtocol

/// Answers requests as the program of the server does, without its sockets.
struct ServerDesk {
  private let server: Replica
  private let devices: Devices
  /// Whether what the laptops' user may not write is refused.
  private let isJudging: Bool

  init(_ server: Replica, _ devices: Devices, isJudging: Bool) {
    (self.server, self.devices, self.isJudging) = (server, devices, isJudging)
  }

  func answer(_ request: TransportRequest, from device: UniqueID) -> TransportReply {
    let sync = ServerSync(replica: server)
    let judge = PushJudge(device: device, user: SmallClinic.key("user", 1).id)
    do {
      let body =
        request.path == SyncProtocolVersion.historiesPath
        ? try sync.compareHistories(request.body)
        : try sync.answer(
          request.body, from: devices.caller(device, judge: isJudging ? judge : nil))
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
