import Causality
import JSON
import Replica
import SyncProtocol
import Transport

/// What happens to the messages of one exchange.
enum LinkFault {
  case none
  /// The request of this number never arrives.
  case losesRequest(Int)
  /// The request of this number arrives, its reply does not.
  case losesReply(Int)
  /// The bytes of the request of this number are cut or changed on their way.
  case cutsRequest(Int)
  case changesRequest(Int)
}

/// The way of one laptop to the server under test.
final class Link {
  private let transport: any SyncTransport
  private let url: String
  private var token = ""
  private var fault = LinkFault.none
  private var count = 0
  private var sent: [[UInt8]] = []

  init(url: String) throws {
    self.url = url
    transport = try HTTPSTransport(url: url, certificateFile: nil)
  }

  convenience init(copyOf other: Link) throws {
    try self.init(url: other.url)
    token = other.token
  }

  func enrol(
    code: String, device: UniqueID, replica: ReplicaID, name: String
  ) throws -> MemoryLaptop.Enrolment {
    let body: JSONObject = [
      "code": .string(code), "device": .string(device.description),
      "replica": .string(replica.description), "name": .string(name),
    ]
    let reply = try transport.send(
      TransportRequest(
        path: SyncProtocolVersion.enrolPath,
        headers: [(name: "Content-Type", value: "application/json")],
        body: JSONValue.object(body).bytes))
    let object = (try? JSONValue(parsing: reply.body))?.objectValue
    guard reply.status == 200, let object, let account = object.id("account"),
      let server = object.id("server"), let user = object.id("user"),
      let token = object["refresh_token"]?.stringValue
    else { throw ScenarioFailure("enrolment: status \(reply.status)") }
    self.token = token
    return MemoryLaptop.Enrolment(account: account, server: server, user: user)
  }

  /// What happens from now on.
  func begin(_ fault: LinkFault) {
    self.fault = fault
    (count, sent) = (0, [])
  }

  /// Posts a stream and returns the answer's.
  /// - Throws: `SyncRefusal`, `TransportError`.
  func post(_ body: [UInt8], exchange: Bool) throws -> [UInt8] {
    count += 1
    if case .losesRequest(count) = fault { throw TransportError("the request is lost") }
    var body = body
    if case .cutsRequest(count) = fault { body.removeLast(body.count / 3) }
    if case .changesRequest(count) = fault { body[body.count / 2] ^= 1 }
    if exchange { sent.append(body) }
    let reply = try send(
      body, to: exchange ? SyncProtocolVersion.exchangePath : SyncProtocolVersion.historiesPath)
    if case .losesReply(count) = fault { throw TransportError("the reply is lost") }
    guard reply.status == 200 else {
      throw SyncCodec.refusal(reply.body, status: reply.status)
        ?? SyncRefusal(.unavailable, "status \(reply.status)")
    }
    guard reply.headers["content-type"] == SyncProtocolVersion.contentType,
      reply.headers["satchel-protocol"] == "\(SyncProtocolVersion.current)"
    else { throw ScenarioFailure("the answer's headers are not the protocol's") }
    return reply.body
  }

  /// Posts bytes that are no message, and returns the status of the answer.
  func postNonsense(byteCount: Int) throws -> Int {
    try send([UInt8](repeating: 0x20, count: byteCount), to: SyncProtocolVersion.exchangePath)
      .status
  }

  /// Waits until the feed's head is behind a place.
  /// - Returns: the head.
  func watch(after head: UInt64) throws -> UInt64 {
    let body = JSONValue.object(["after": .number(JSONNumber(head))]).bytes
    let reply = try send(body, to: SyncProtocolVersion.watchPath)
    let object = (try? JSONValue(parsing: reply.body))?.objectValue
    guard reply.status == 200, let head = object?["head"]?.intValue, head >= 0 else {
      throw ScenarioFailure("watch: status \(reply.status)")
    }
    return UInt64(head)
  }

  func repeatRequests() {
    for body in sent.reversed() + sent {
      _ = try? send(body, to: SyncProtocolVersion.exchangePath)
    }
  }

  private func send(_ body: [UInt8], to path: String) throws -> TransportReply {
    try transport.send(
      TransportRequest(
        path: path,
        headers: [
          (name: "Content-Type", value: SyncProtocolVersion.contentType),
          (name: SyncProtocolVersion.headerName, value: "\(SyncProtocolVersion.current)"),
          (name: SyncProtocolVersion.refreshHeaderName, value: token),
        ], body: body))
  }
}

extension JSONObject {
  /// Nil if there is none, or no id.
  func id(_ key: String) -> UniqueID? {
    self[key]?.stringValue.flatMap { UniqueID($0) }
  }
}
