package import Causality
package import Documents
package import JSON

/// Messages as bytes.
package struct SyncCodec: Sendable {
  private let rules: MergeRules
  let digest: Digest

  package init(rules: MergeRules, digest: @escaping Digest) {
    self.rules = rules
    self.digest = digest
  }

  /// The name of a knowledge: both sides compute the same.
  package func digest(of knowledge: VersionVector) -> String {
    let bytes = knowledge.entries.flatMap { $0.replica.bytes + $0.number.bigEndianBytes }
    return HexText.text(Array(digest(bytes).prefix(16)))
  }

  package func encode(_ request: SyncRequest) -> [UInt8] {
    stream(head(request), request.parts, request.runs)
  }

  package func encode(_ reply: SyncReply) -> [UInt8] {
    stream(head(reply), reply.parts, reply.runs)
  }

  package func request(_ bytes: [UInt8]) throws(SyncStreamError) -> SyncRequest {
    let reader = try SyncStreamReader(bytes, digest: digest)
    guard var request = Self.request(reader.head) else {
      throw SyncStreamError("the head of the request is malformed")
    }
    (request.parts, request.runs) = (reader.parts, reader.runs)
    return request
  }

  package func reply(_ bytes: [UInt8]) throws(SyncStreamError) -> SyncReply {
    let reader = try SyncStreamReader(bytes, digest: digest)
    guard var reply = Self.reply(reader.head) else {
      throw SyncStreamError("the head of the reply is malformed")
    }
    (reply.parts, reply.runs) = (reader.parts, reader.runs)
    return reply
  }

  func reader(_ bytes: [UInt8]) throws(SyncStreamError) -> SyncStreamReader {
    try SyncStreamReader(bytes, digest: digest)
  }

  func stream(
    _ head: JSONObject, _ parts: [Document], _ runs: [TransactionRun]
  ) -> [UInt8] {
    var writer = SyncStreamWriter(head: head, rules: rules)
    for part in parts { writer.write(part) }
    for run in runs { writer.write(run) }
    return writer.finish(digest: digest)
  }
}

// MARK: - Heads

extension SyncCodec {
  private func head(_ request: SyncRequest) -> JSONObject {
    var head: JSONObject = [
      "protocol": .int(SyncProtocolVersion.current),
      "replica": .string(request.replica.description),
      "account": .string(request.account.description), "scope": .string(request.scope),
      "base": .string(request.base), "knowledge": Self.value(request.knowledge),
      "history": .string(request.history),
      "now": .string(Timestamp.text(milliseconds: request.now)),
    ]
    if let server = request.server { head.append("server", .string(server.description)) }
    if !request.former.isEmpty {
      head.append("former", .array(request.former.map { .string($0.description) }))
    }
    if !request.wanted.isEmpty { head.append("wanted", Self.value(request.wanted)) }
    if let push = request.push {
      head.append(
        "push",
        [
          "token": .string(HexText.text(push.token)), "page": .int(push.page),
          "last": .bool(push.isLast),
        ])
    }
    if let pull = request.pull {
      var object: JSONObject = ["since": Self.value(pull.since.entries)]
      if let cursor = pull.cursor { object.append("cursor", Self.value(cursor)) }
      head.append("pull", .object(object))
    }
    return head
  }

  private func head(_ reply: SyncReply) -> JSONObject {
    var head: JSONObject = [
      "protocol": .int(SyncProtocolVersion.current),
      "server": .string(reply.server.description), "knowledge": Self.value(reply.knowledge),
      "history": .string(reply.history), "now": .string(Timestamp.text(milliseconds: reply.now)),
    ]
    if let page = reply.nextPushPage { head.append("next_push_page", .int(page)) }
    if let pull = reply.pull {
      head.append(
        "pull",
        [
          "cursor": Self.value(pull.cursor), "last": .bool(pull.isLast),
        ])
    }
    if !reply.unstable.isEmpty { head.append("unstable", Self.value(reply.unstable)) }
    if !reply.wanted.isEmpty { head.append("wanted", Self.value(reply.wanted)) }
    return head
  }

  private static func request(_ head: JSONObject) -> SyncRequest? {
    guard head["protocol"]?.intValue == SyncProtocolVersion.current,
      let replica = head["replica"]?.stringValue.flatMap({ UniqueID($0) }),
      let account = head["account"]?.stringValue.flatMap({ UniqueID($0) }),
      let scope = head["scope"]?.stringValue, let base = head["base"]?.stringValue,
      let knowledge = entries(head["knowledge"]), let history = head["history"]?.stringValue,
      let now = head["now"]?.stringValue.flatMap(Timestamp.milliseconds)
    else { return nil }
    var request = SyncRequest(
      replica: replica, account: account, base: base, knowledge: knowledge, history: history,
      now: now)
    request.scope = scope
    if let value = head["server"] {
      guard let server = value.stringValue.flatMap({ UniqueID($0) }) else { return nil }
      request.server = server
    }
    guard let former = ids(head["former"]), let wanted = keys(head["wanted"]) else { return nil }
    (request.former, request.wanted) = (former, wanted)
    if let value = head["push"] {
      guard let push = push(value) else { return nil }
      request.push = push
    }
    if let value = head["pull"] {
      guard let since = entries(value.objectValue?["since"]) else { return nil }
      let cursor = value.objectValue?["cursor"]
      request.pull = PullPosition(
        since: VersionVector().applying(since), cursor: cursor.flatMap(self.cursor))
      if cursor != nil, request.pull?.cursor == nil { return nil }
    }
    return request
  }

  private static func reply(_ head: JSONObject) -> SyncReply? {
    guard head["protocol"]?.intValue == SyncProtocolVersion.current,
      let server = head["server"]?.stringValue.flatMap({ UniqueID($0) }),
      let knowledge = entries(head["knowledge"]), let history = head["history"]?.stringValue,
      let now = head["now"]?.stringValue.flatMap(Timestamp.milliseconds)
    else { return nil }
    var reply = SyncReply(server: server, knowledge: knowledge, history: history, now: now)
    reply.nextPushPage = head["next_push_page"]?.intValue
    if let unstable = head["unstable"] {
      guard let entries = entries(unstable) else { return nil }
      reply.unstable = entries
    }
    guard let wanted = keys(head["wanted"]) else { return nil }
    reply.wanted = wanted
    if let pull = head["pull"]?.objectValue {
      guard let cursor = pull["cursor"].flatMap(cursor), let isLast = pull["last"]?.boolValue
      else { return nil }
      reply.pull = PullPage(cursor: cursor, isLast: isLast)
    }
    return reply
  }

  private static func push(_ value: JSONValue) -> PushPosition? {
    guard let object = value.objectValue,
      let token = object["token"]?.stringValue.flatMap({ HexText.number($0) }),
      let page = object["page"]?.intValue, page >= 0, let isLast = object["last"]?.boolValue
    else { return nil }
    return PushPosition(token: token, page: page, isLast: isLast)
  }

  private static func value(_ cursor: PullCursor) -> JSONValue {
    [
      "position": .number(JSONNumber(cursor.position)), "head": .number(JSONNumber(cursor.head)),
      "mark": .string(HexText.text(cursor.mark)),
    ]
  }

  package static func cursor(_ value: JSONValue) -> PullCursor? {
    guard let object = value.objectValue, let position = object["position"]?.intValue,
      let head = object["head"]?.intValue, position >= 0, head >= 0,
      let mark = object["mark"]?.stringValue.flatMap({ HexText.number($0) })
    else { return nil }
    return PullCursor(position: UInt64(position), head: UInt64(head), mark: mark)
  }

  package static func encode(_ cursor: PullCursor) -> JSONValue { value(cursor) }

  /// Numbers by replica: `{"ID": N, …}`.
  package static func value(_ entries: [VersionVector.Entry]) -> JSONValue {
    .object(
      JSONObject(entries.map { ($0.replica.description, .number(JSONNumber($0.number))) }))
  }

  package static func entries(_ value: JSONValue?) -> [VersionVector.Entry]? {
    guard let object = value?.objectValue else { return nil }
    var entries: [VersionVector.Entry] = []
    for member in object.members {
      guard let replica = UniqueID(member.key), let number = member.value.intValue, number >= 0
      else { return nil }
      entries.append(.init(replica: replica, number: UInt64(number)))
    }
    return entries
  }

  /// Documents by type and id: `[["TYPE", "ID"], …]`.
  static func value(_ keys: [DocumentKey]) -> JSONValue {
    .array(keys.map { .array([.string($0.type), .string($0.id.description)]) })
  }

  /// Empty if there is no value; nil if it is malformed.
  private static func keys(_ value: JSONValue?) -> [DocumentKey]? {
    guard let value else { return [] }
    guard let pairs = value.arrayValue else { return nil }
    let keys = pairs.compactMap { pair -> DocumentKey? in
      guard let pair = pair.arrayValue, pair.count == 2, let type = pair[0].stringValue,
        let id = pair[1].stringValue.flatMap({ UniqueID($0) })
      else { return nil }
      return DocumentKey(type: type, id: id)
    }
    return keys.count == pairs.count ? keys : nil
  }

  /// Empty if there is no value; nil if it is malformed.
  private static func ids(_ value: JSONValue?) -> [UniqueID]? {
    guard let value else { return [] }
    guard let texts = value.arrayValue else { return nil }
    let ids = texts.compactMap { $0.stringValue.flatMap { UniqueID($0) } }
    return ids.count == texts.count ? ids : nil
  }

  // MARK: - Refusals

  /// A refusal as the JSON body of an HTTP error.
  package static func encode(_ refusal: SyncRefusal) -> [UInt8] {
    var error: JSONObject = [
      "code": .string(refusal.code.rawValue), "message": .string(refusal.message),
    ]
    if let knowledge = refusal.knowledge {
      error.append("knowledge", value(knowledge.entries))
    }
    if let server = refusal.server { error.append("server", .string(server.description)) }
    if let now = refusal.now { error.append("now", .string(Timestamp.text(milliseconds: now))) }
    return JSONValue.object(["error": .object(error)]).bytes
  }

  /// Reads a refusal; nil if the bytes are none, such as a page of a proxy.
  package static func refusal(_ bytes: [UInt8]) -> SyncRefusal? {
    guard let error = (try? JSONValue(parsing: bytes))?.objectValue?["error"]?.objectValue,
      let code = error["code"]?.stringValue.flatMap(SyncRefusal.Code.init),
      let message = error["message"]?.stringValue
    else { return nil }
    let knowledge = entries(error["knowledge"]).map { VersionVector().applying($0) }
    return SyncRefusal(
      code, message, knowledge: knowledge,
      now: error["now"]?.stringValue.flatMap(Timestamp.milliseconds),
      server: error["server"]?.stringValue.flatMap { UniqueID($0) })
  }
}
