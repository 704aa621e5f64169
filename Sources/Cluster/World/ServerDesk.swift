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
    do throws(SyncRefusal) {
      return Self.reply(200, SyncProtocolVersion.contentType, try body(request, device))
    } catch {
      return Self.reply(error.status, "application/json", SyncCodec.encode(error))
    }
  }

  private func body(
    _ request: TransportRequest, _ device: UniqueID
  ) throws(SyncRefusal) -> [UInt8] {
    if request.path == SyncProtocolVersion.surrenderPath {
      return try surrender(request, device)
    }
    if devices.isRevoked(device) { throw SyncRefusal(.revoked, "the device was revoked") }
    let sync = ServerSync(replica: server)
    if request.path == SyncProtocolVersion.historiesPath {
      return try sync.compareHistories(request.body)
    }
    let judge = PushJudge(device: device, user: SmallClinic.key("user", 1).id)
    return try sync.answer(
      request.body, from: devices.caller(device, judge: isJudging ? judge : nil))
  }

  /// Takes a revoked device's last words, once.
  private func surrender(
    _ request: TransportRequest, _ device: UniqueID
  ) throws(SyncRefusal) -> [UInt8] {
    guard devices.isRevoked(device), !devices.hasSurrendered(device) else {
      throw SyncRefusal(.revoked, "the device was revoked")
    }
    let isComplete = try ServerSync(replica: server).takeSurrender(
      request.body, of: device, as: devices.caller(device, judge: nil))
    if isComplete { devices.noteSurrender(by: device) }
    return Array("{\"complete\":\(isComplete)}".utf8)
  }

  static func reply(_ status: Int, _ type: String, _ body: [UInt8]) -> TransportReply {
    TransportReply(
      status: status, headers: ["content-type": type, "satchel-protocol": "1"], body: body,
      bytesSent: 0, bytesReceived: body.count)
  }
}
