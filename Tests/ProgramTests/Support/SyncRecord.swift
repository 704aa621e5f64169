import JSON
import Platform
import Synchronization

/// What passed between laptops and a server, as requests of the sync protocol.
final class SyncRecord: Sendable {
  /// A request, as far as it passed.
  struct Exchange {
    /// The request's head.
    var head: JSONObject
    /// The ids of the documents that it carries.
    var documents: [String]
    /// Whether all of an answer with the status 200 came back.
    var isAnswered: Bool

    var push: JSONObject? { head["push"]?.objectValue }

    /// Where the pull goes on that it asks for; nil if it pulls nothing.
    var cursor: String? {
      if head["pull"]?.boolValue == false { return nil }
      return head["cursor"].map { SyncRecord.text($0) } ?? SyncRecord.start
    }
  }

  /// The cursor of a pull that begins.
  static let start = "start"

  private struct Connection {
    var sent: [UInt8] = []
    var received: [UInt8] = []
  }

  private let connections = Mutex<[Int: Connection]>([:])
  private let last = Mutex(ContinuousClock.now)

  /// When something passed last.
  var lastMoment: ContinuousClock.Instant { last.withLock { $0 } }

  static func text(_ value: JSONValue) -> String { String(decoding: value.bytes, as: UTF8.self) }

  /// What a proxy tells of.
  func add(_ bytes: [UInt8], connection: Int, isAnswer: Bool) {
    last.withLock { $0 = .now }
    connections.withLock { connections in
      if isAnswer {
        connections[connection, default: Connection()].received += bytes
      } else {
        connections[connection, default: Connection()].sent += bytes
      }
    }
  }

  /// Takes what was noted so far; what is noted later is another record.
  func take() throws -> [Exchange] {
    let taken = connections.withLock { connections in
      defer { connections = [:] }
      return connections.sorted { $0.key < $1.key }.map(\.value)
    }
    return try taken.flatMap(Self.exchanges)
  }

  private static func exchanges(_ connection: Connection) throws -> [Exchange] {
    let answers = messages(connection.received).filter { !$0.line.contains(" 100 ") }
    return try messages(connection.sent).enumerated().compactMap { number, request in
      guard request.line.contains("/sync/v1/exchange ") else { return nil }
      let body = try request.plainBody()
      guard let end = body.firstIndex(of: UInt8(ascii: "\n")),
        let head = try JSONValue(parsing: body[..<end]).objectValue
      else { throw TestFailure("a request has no head") }
      let answer = number < answers.count ? answers[number] : nil
      return Exchange(
        head: head, documents: documentIDs(body),
        isAnswered: answer?.line.contains(" 200 ") ?? false)
    }
  }

  /// The ids of the documents in a stream: each line of one begins with it.
  static func documentIDs(_ stream: [UInt8]) -> [String] {
    let prefix = Array(#"{"id":""#.utf8)
    return stream.split(separator: UInt8(ascii: "\n")).filter { $0.starts(with: prefix) }
      .map { String(decoding: $0.dropFirst(prefix.count).prefix(36), as: UTF8.self) }
  }

  private struct Message {
    /// The first line.
    var line: String
    var fields: [String: String]
    var body: [UInt8]

    func plainBody() throws -> [UInt8] {
      guard fields["content-encoding"] == "gzip" else { return body }
      guard let gzip = Gzip.system else { throw TestFailure("there is no zlib") }
      return try gzip.unpacked(body, maximumByteCount: 64 << 20)
    }
  }

  /// The messages on one way of a connection that passed whole.
  private static func messages(_ bytes: [UInt8]) -> [Message] {
    var found: [Message] = []
    var place = 0
    while let end = headEnd(bytes, from: place) {
      let lines = String(decoding: bytes[place..<end], as: UTF8.self).split(separator: "\r\n")
      var fields: [String: String] = [:]
      for line in lines.dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2 { fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
      }
      let count = fields["content-length"].flatMap { Int($0) } ?? 0
      guard end + count <= bytes.count else { break }
      found.append(
        Message(
          line: lines.first.map { "\($0) " } ?? "", fields: fields,
          body: Array(bytes[end..<end + count])))
      place = end + count
    }
    return found
  }

  /// Behind the empty line that ends a head; nil if there is none.
  private static func headEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    var place = start
    while place + 4 <= bytes.count {
      if bytes[place] == 13, bytes[place + 1] == 10, bytes[place + 2] == 13, bytes[place + 3] == 10
      {
        return place + 4
      }
      place += 1
    }
    return nil
  }
}
