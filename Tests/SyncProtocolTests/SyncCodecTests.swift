import Causality
import Documents
import JSON
import SyncProtocol
import TestSupport
import Testing

struct SyncCodecTests {
  private let codec = Samples.codec

  /// Equal bytes mean equal messages.
  private func back(_ request: SyncRequest) throws -> [UInt8] {
    codec.encode(try codec.request(codec.encode(request)))
  }

  private func back(_ reply: SyncReply) throws -> [UInt8] {
    codec.encode(try codec.reply(codec.encode(reply)))
  }

  @Test func `a request is read back`() throws {
    let request = Samples.request()
    #expect(try back(request) == codec.encode(request))
    let read = try codec.request(codec.encode(request))
    #expect(read.replica == request.replica && read.account == request.account)
    #expect(read.server == request.server)
    #expect(read.scope == nil && read.base == request.base && read.history == "ab")
    #expect(read.knowledge == request.knowledge)
    #expect(read.push == request.push)
    #expect(read.pull?.cursor == request.pull?.cursor && read.pull?.since == request.pull?.since)
    #expect(read.parts.map { $0.bytes() } == request.parts.map { $0.bytes() })
    #expect(read.runs == request.runs)
  }

  @Test func `a request with neither push nor pull nor anything else is read back`() throws {
    var request = Samples.request()
    (request.push, request.pull, request.parts, request.runs) = (nil, nil, [], [])
    request.knowledge = []
    let read = try codec.request(codec.encode(request))
    #expect(read.push == nil && read.pull == nil && read.knowledge.isEmpty)
    #expect(try back(request) == codec.encode(request))
    request.pull = PullPosition(since: nil, cursor: nil)
    let pulled = try codec.request(codec.encode(request)).pull
    #expect(pulled.map { $0.cursor == nil && $0.since == nil } == true)
  }

  @Test func `what says nothing new is short`() throws {
    var request = Samples.request()
    (request.parts, request.runs, request.knowledge) = ([], [], [])
    (request.account, request.server, request.unstable) = (nil, nil, nil)
    (request.former, request.wanted, request.missing) = ([], [], [])
    request.push = .whole
    request.pull = PullPosition(since: nil, cursor: Samples.cursor(4))
    request.history = String(repeating: "a", count: 32)
    #expect(codec.encode(request).count < 230)
    #expect(try codec.request(codec.encode(request)).push == .whole)
    let reply = SyncReply(server: nil, knowledge: [], history: nil, now: Samples.now)
    #expect(codec.encode(reply).count < 80)
  }

  @Test func `a reply is read back`() throws {
    var reply = Samples.reply()
    #expect(try back(reply) == codec.encode(reply))
    let read = try codec.reply(codec.encode(reply))
    #expect(read.server == reply.server && read.knowledge == reply.knowledge)
    #expect(read.history == "cd" && read.now == reply.now && read.nextPushPage == nil)
    #expect(read.pull?.cursor == Samples.cursor(7))
    #expect(read.pull?.isLast == true)
    (reply.nextPushPage, reply.pull) = (4, nil)
    #expect(try codec.reply(codec.encode(reply)).nextPushPage == 4)
  }

  @Test func `a replica that the base has and the knowledge lacks is read back as 0`() throws {
    var request = Samples.request()
    request.knowledge = Samples.knows(1).difference(from: Samples.knows(1, 4))
    let read = try codec.request(codec.encode(request))
    #expect(Samples.knows(1, 4).applying(read.knowledge) == Samples.knows(1))
  }

  @Test(arguments: 0..<30)
  func `random documents arrive as they were sent`(seed: Int) throws {
    let history = RandomHistory(seed: seed)
    var request = Samples.request()
    request.parts = RandomHistory.keys.flatMap { history.states(of: $0) }.map(\.document)
    let read = try codec.request(codec.encode(request))
    #expect(read.parts.map { $0.bytes() } == request.parts.map { $0.bytes() })
  }

  @Test func `a stream that is cut off anywhere is refused`() {
    var request = Samples.request()
    request.parts = [Samples.document(1)]
    let bytes = codec.encode(request)
    for count in 0..<bytes.count {
      #expect(throws: SyncStreamError.self, "\(count) bytes") {
        _ = try codec.request(Array(bytes[..<count]))
      }
    }
  }

  @Test(arguments: [1, 0x20, 0x80] as [UInt8])
  func `a stream with one changed byte is refused`(flip: UInt8) {
    var reply = Samples.reply()
    reply.runs = [Samples.run(1)]
    let bytes = codec.encode(reply)
    for place in bytes.indices {
      var changed = bytes
      changed[place] ^= flip
      #expect(throws: SyncStreamError.self, "byte \(place)") { _ = try codec.reply(changed) }
    }
  }

  @Test func `a stream that goes on behind its end is refused`() {
    let bytes = codec.encode(Samples.reply())
    #expect(throws: SyncStreamError.self) { _ = try codec.reply(bytes + Array("\n".utf8)) }
    #expect(throws: SyncStreamError.self) { _ = try codec.reply(bytes + Array("{}\n".utf8)) }
    #expect(throws: SyncStreamError.self) { _ = try codec.reply(bytes + bytes) }
  }

  @Test func `one kind of message is not read as the other`() {
    #expect(throws: SyncStreamError.self) { _ = try codec.reply(codec.encode(Samples.request())) }
    #expect(throws: SyncStreamError.self) { _ = try codec.request(codec.encode(Samples.reply())) }
  }

  /// A stream with a right end around any lines.
  private func stream(_ lines: [String]) -> [UInt8] {
    let bytes: [UInt8] = lines.flatMap { Array(($0 + "\n").utf8) }
    let sum = HexText.text(Array(sampleDigest(bytes).prefix(8)))
    return bytes + Array("{\"end\":\(lines.count),\"digest\":\"\(sum)\"}\n".utf8)
  }

  private var lines: [String] {
    String(decoding: codec.encode(Samples.request()), as: UTF8.self)
      .split(separator: "\n").dropLast().map(String.init)
  }

  @Test func `the sample lines with a right end are read`() throws {
    #expect(stream(lines) == codec.encode(Samples.request()))
    #expect(throws: Never.self) { try codec.request(stream(lines)) }
  }

  @Test(arguments: [
    "", "x", "[]", "{}", #"{"ids":["x"]}"#, #"{"ids":[1]}"#, #"{"transactions":1}"#,
    #"{"id":"x","type":"visit"}"#, #"{"a":1,"a":2}"#,
  ])
  func `a line that is malformed refuses the stream`(line: String) {
    #expect(throws: SyncStreamError.self) { _ = try codec.request(stream(lines + [line])) }
  }

  @Test func `documents whose ids no table names cannot be kept`() throws {
    let changed = lines.filter { !$0.hasPrefix("{\"ids\"") }
    let (whole, broken) = (try codec.request(stream(lines)), try codec.request(stream(changed)))
    #expect(whole.unreadable.isEmpty && broken.parts.isEmpty)
    #expect(broken.unreadable.count == whole.parts.count && !whole.parts.isEmpty)
    #expect(broken.unreadable.allSatisfy { changed.map { Array($0.utf8) }.contains($0.bytes) })
  }

  @Test func `a reply is the same whether its documents are looked at at once or later`() throws {
    let bytes = codec.encode(Samples.reply())
    let (whole, head) = (try codec.reply(bytes), try codec.reply(bytes) { _ in false })
    #expect(codec.encode(whole) == bytes && head.parts.isEmpty && head.runs.isEmpty)
    #expect(head.knowledge == whole.knowledge && head.pull?.isLast == whole.pull?.isLast)
    #expect(throws: SyncStreamError.self) {
      _ = try codec.reply(bytes.dropLast(9) + [10]) { _ in false }
    }
  }

  @Test(arguments: [(255, true), (256, true), (257, false)])
  func `a laptop names so many ids of before at most`(count: Int, isRead: Bool) throws {
    var request = Samples.request()
    request.former = (0..<count).map { .sample(1000 + $0) }
    let read = try? codec.request(codec.encode(request))
    #expect(read?.former == (isRead ? request.former : nil))
  }

  @Test(arguments: [(99, true), (100, true), (101, false)])
  func `so many documents are asked for, or missing, at most`(count: Int, isRead: Bool) throws {
    let keys = (0..<count).map { DocumentKey(type: "visit", id: .sample(1000 + $0)) }
    var request = Samples.request()
    request.wanted = keys
    #expect((try? codec.request(codec.encode(request)))?.wanted == (isRead ? keys : nil))
    (request.wanted, request.missing) = ([], keys)
    #expect((try? codec.request(codec.encode(request)))?.missing == (isRead ? keys : nil))
  }

  @Test func `the transactions of a long life come in one line`() throws {
    var request = Samples.request()
    request.runs = [Samples.run(150_000)]
    let read = try codec.request(codec.encode(request))
    #expect(read.runs == request.runs && read.unreadable.isEmpty)
  }

  @Test(arguments: [(99_999, true), (100_000, true), (100_001, false)])
  func `a line with too many values is kept aside`(count: Int, isRead: Bool) throws {
    // No document, so kept aside in any case: the object, its three members and the rest.
    let zeros = String(repeating: "0,", count: count - 5) + "0"
    let line = #"{"type":"visit","id":"\#(UniqueID.sample(1))","more":[\#(zeros)]}"#
    let read = try codec.request(stream(lines + [line]))
    #expect(read.unreadable.count == 1)
    #expect(read.unreadable.first?.problem.contains("100000 values") == !isRead)
  }

  @Test func `a stream that is longer than what is looked at together comes back whole`() throws {
    var request = Samples.request()
    let ids = (0..<40_000).map { UniqueID.sample(5000 + $0) }
    // A table in the midst of the documents.
    var lines = lines
    request.parts = (0..<6000).map { Samples.part($0) }
    lines = String(decoding: codec.encode(request), as: UTF8.self)
      .split(separator: "\n").dropLast().map(String.init)
    let table = #"{"ids":["# + ids.map { "\"\($0)\"" }.joined(separator: ",") + "]}"
    lines.insert(table, at: lines.count / 2)
    let bytes = stream(lines)
    #expect(bytes.count > 2 << 20)
    let read = try codec.request(bytes)
    #expect(read.parts.map(\.key) == request.parts.map(\.key) && read.unreadable.isEmpty)
    #expect(throws: SyncStreamError.self) { try codec.request(stream(lines + ["x"])) }
  }

  @Test func `a stream of many documents comes back in its order`() throws {
    var request = Samples.request()
    request.parts = (0..<1000).map { Samples.part($0) }
    let read = try codec.request(codec.encode(request))
    #expect(read.parts.map(\.key) == request.parts.map(\.key))
  }

  @Test(arguments: [
    ("replica", #""x""#), ("account", "1"), ("account", #""x""#), ("server", "1"),
    ("unstable", "1"), ("scope", "1"), ("base", "1"), ("knowledge", "[]"),
    ("knowledge", #"{"x":1}"#),
    ("knowledge", #"{"11111111-2222-3333-4444-000000000001":-1}"#), ("history", "1"),
    ("push", "1"), ("push", "true"), ("push", #"{"token":"1","page":0,"last":true}"#),
    ("push", #"{"token":"0000000000000001","page":-1,"last":true}"#),
    ("push", #"{"token":"0000000000000001","page":0}"#), ("pull", "1"), ("pull", "true"),
    ("since", "1"), ("cursor", "1"), ("cursor", "[1,2]"),
    ("cursor", #"[-1,1,"0000000000000001"]"#), ("cursor", #"[1,1,"1"]"#),
    ("former", "1"), ("former", #"["x"]"#), ("wanted", #"[[1,2]]"#),
    ("missing", "1"), ("missing", #"[["visit"]]"#),
  ])
  func `a head that is malformed refuses the request`(key: String, value: String) throws {
    var head = try #require(try JSONValue(parsing: Array(lines[0].utf8)).objectValue)
    head[key] = try JSONValue(parsing: Array(value.utf8))
    let changed = [head.line] + lines.dropFirst()
    #expect(throws: SyncStreamError.self) { _ = try codec.request(stream(changed)) }
  }

  @Test(arguments: [
    ("server", "1"), ("knowledge", "1"), ("history", "1"), ("now", "-1"), ("now", #""1""#),
    ("pull", "{}"), ("more", "1"), ("cursor", "1"), ("unstable", "1"),
    ("wanted", "1"), ("wanted", #"[["visit"]]"#), ("wanted", #"[["visit","x"]]"#),
  ])
  func `a head that is malformed refuses the reply`(key: String, value: String) throws {
    let bytes = codec.encode(Samples.reply())
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    var head = try #require(try JSONValue(parsing: Array(lines[0].utf8)).objectValue)
    head[key] = try JSONValue(parsing: Array(value.utf8))
    let changed = [head.line] + lines.dropFirst().dropLast()
    #expect(throws: SyncStreamError.self) { _ = try codec.reply(stream(changed)) }
  }

  @Test(arguments: SyncRefusal.Code.allCases)
  func `a refusal is read back`(code: SyncRefusal.Code) {
    for knowledge in [nil, VersionVector(), Samples.knows(3, 4)] {
      var refusal = SyncRefusal(code, "because \"é\"", knowledge: knowledge)
      (refusal.nextPushPage, refusal.keptDigest) = (3, "00112233445566ff")
      #expect(SyncCodec.refusal(SyncCodec.encode(refusal), status: 409) == refusal)
    }
    #expect((400..<600).contains(SyncRefusal(code, "").status))
  }

  @Test(arguments: [
    "", "<html>", "{}", #"{"error":1}"#, #"{"error":{"code":"malformed"}}"#,
    #"{"error":{"code":"strange","message":""}}"#,
  ])
  func `what is no refusal is not taken for one`(text: String) {
    #expect(SyncCodec.refusal(Array(text.utf8), status: 409) == nil)
  }

  @Test(arguments: [(403, SyncRefusal.Code.forbidden), (503, .unavailable), (413, .tooLarge)])
  func `a code of later days counts as its status says`(status: Int, code: SyncRefusal.Code) {
    let bytes = Array(#"{"error":{"code":"of_later_days","message":"m"}}"#.utf8)
    #expect(SyncCodec.refusal(bytes, status: status)?.code == code)
    #expect(SyncCodec.refusal(bytes, status: 299) == nil)
  }

  @Test func `a knowledge has one digest, and another knowledge another`() {
    #expect(codec.digest(of: Samples.knows(1, 2)) == codec.digest(of: Samples.knows(1, 2)))
    #expect(codec.digest(of: Samples.knows(1, 2)) != codec.digest(of: Samples.knows(2, 1)))
    #expect(codec.digest(of: VersionVector()).count == 16)
  }
}
