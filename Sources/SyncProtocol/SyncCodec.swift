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

  /// The name of a knowledge, 16 hexadecimal digits: both sides compute the same.
  package func digest(of knowledge: VersionVector) -> String {
    let bytes = knowledge.entries.flatMap { $0.replica.bytes + $0.number.bigEndianBytes }
    return HexText.text(Array(digest(bytes).prefix(8)))
  }

  /// The name of numbers by replica, 8 hexadecimal digits; nil for none.
  package func name(of entries: [VersionVector.Entry]) -> String? {
    if entries.isEmpty { return nil }
    let bytes = entries.flatMap { $0.replica.bytes + $0.number.bigEndianBytes }
    return HexText.text(Array(digest(bytes).prefix(4)))
  }

  /// The digest that stands at the end of a message; nil if the bytes are none.
  package static func endDigest(of message: [UInt8]) -> String? {
    let lines = message.dropLast()
    guard let end = lines.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
    return (try? JSONValue(parsing: lines[(end + 1)...]))?.objectValue?["digest"]?.stringValue
  }

  /// The hash of a history as messages tell it: 32 hexadecimal digits.
  package static func text(history hash: [UInt8]) -> String {
    HexText.text(Array(hash.prefix(16)))
  }

  package func encode(_ request: SyncRequest) -> [UInt8] {
    stream(head(request), request.parts, request.runs)
  }

  package func encode(_ reply: SyncReply) -> [UInt8] {
    stream(head(reply), reply.parts, reply.runs)
  }

  package func request(_ bytes: [UInt8]) throws(SyncStreamError) -> SyncRequest {
    let reader = try reader(bytes)
    guard var request = Self.request(reader.head) else {
      throw SyncStreamError("the head of the request is malformed")
    }
    (request.parts, request.runs) = (reader.parts, reader.runs)
    request.unreadable = reader.unreadable
    return request
  }

  /// - Parameter isWanted: by the head: whether documents and transactions are looked at now, or only the
  ///   head and the end. They are empty then.
  package func reply(
    _ bytes: [UInt8], content isWanted: (SyncReply) -> Bool = { _ in true }
  ) throws(SyncStreamError) -> SyncReply {
    var reader = try SyncStreamReader(bytes, digest: digest)
    guard var reply = Self.reply(reader.head) else {
      throw SyncStreamError("the head of the reply is malformed")
    }
    guard isWanted(reply) else { return reply }
    try reader.readContent()
    (reply.parts, reply.runs) = (reader.parts, reader.runs)
    reply.unreadable = reader.unreadable
    return reply
  }

  /// A message, whole.
  func reader(_ bytes: [UInt8]) throws(SyncStreamError) -> SyncStreamReader {
    var reader = try SyncStreamReader(bytes, digest: digest)
    try reader.readContent()
    return reader
  }

  func stream(
    _ head: JSONObject, _ parts: [Document], _ runs: [TransactionRun]
  ) -> [UInt8] {
    var writer = SyncStreamWriter(head: head, rules: rules)
    writer.write(parts)
    for run in runs { writer.write(run) }
    return writer.finish(digest: digest)
  }
}

// MARK: - Heads

extension SyncCodec {
  /// What is as it mostly is, is left out.
  private func head(_ request: SyncRequest) -> JSONObject {
    var head: JSONObject = [
      "replica": .string(request.replica.description), "base": .string(request.base),
      "history": .string(request.history),
    ]
    if let account = request.account { head.append("account", .string(account.description)) }
    if let server = request.server { head.append("server", .string(server.description)) }
    if let scope = request.scope { head.append("scope", .string(scope)) }
    if !request.knowledge.isEmpty { head.append("knowledge", Self.value(request.knowledge)) }
    if let unstable = request.unstable { head.append("unstable", .string(unstable)) }
    if !request.former.isEmpty {
      head.append("former", .array(request.former.map { .string($0.description) }))
    }
    if !request.wanted.isEmpty { head.append("wanted", Self.value(request.wanted)) }
    if !request.missing.isEmpty { head.append("missing", Self.value(request.missing)) }
    if request.push != .whole {
      head.append("push", request.push.map(Self.value) ?? false)
    }
    if let pull = request.pull {
      if let since = pull.since { head.append("since", Self.value(since.entries)) }
      if let cursor = pull.cursor { head.append("cursor", Self.value(cursor)) }
    } else {
      head.append("pull", false)
    }
    return head
  }

  private static func value(_ push: PushPosition) -> JSONValue {
    var value: JSONObject = [
      "token": .string(HexText.text(push.token)), "page": .int(push.page),
      "last": .bool(push.isLast),
    ]
    if let digest = push.after { value.append("after", .string(digest)) }
    return .object(value)
  }

  private func head(_ reply: SyncReply) -> JSONObject {
    var head: JSONObject = ["now": .number(JSONNumber(reply.now))]
    if let server = reply.server { head.append("server", .string(server.description)) }
    if !reply.knowledge.isEmpty { head.append("knowledge", Self.value(reply.knowledge)) }
    if let history = reply.history { head.append("history", .string(history)) }
    if let page = reply.nextPushPage { head.append("next_push_page", .int(page)) }
    if let pull = reply.pull {
      if let cursor = pull.cursor { head.append("cursor", Self.value(cursor)) }
      if !pull.isLast { head.append("more", true) }
    } else {
      head.append("pull", false)
    }
    if let unstable = reply.unstable { head.append("unstable", Self.value(unstable)) }
    if !reply.wanted.isEmpty { head.append("wanted", Self.value(reply.wanted)) }
    return head
  }

  private static func request(_ head: JSONObject) -> SyncRequest? {
    guard let replica = head["replica"]?.stringValue.flatMap({ UniqueID($0) }),
      let base = head["base"]?.stringValue, let history = head["history"]?.stringValue,
      let knowledge = entriesOrNone(head["knowledge"]), let former = ids(head["former"]),
      let wanted = keys(head["wanted"]), let missing = keys(head["missing"]),
      former.count <= SyncRequest.maximumFormerCount,
      wanted.count <= SyncRequest.maximumWantedCount,
      missing.count <= SyncRequest.maximumWantedCount
    else { return nil }
    var request = SyncRequest(
      replica: replica, base: base, knowledge: knowledge, history: history)
    (request.former, request.wanted, request.missing) = (former, wanted, missing)
    guard let account = id(head["account"]), let server = id(head["server"]) else { return nil }
    (request.account, request.server) = (account, server)
    if let unstable = head["unstable"] {
      guard let text = unstable.stringValue else { return nil }
      request.unstable = text
    }
    if let scope = head["scope"] {
      guard let text = scope.stringValue else { return nil }
      request.scope = text
    }
    switch head["push"] {
    case nil: request.push = .whole
    case .bool(false)?: request.push = nil
    case let value?:
      guard let push = push(value) else { return nil }
      request.push = push
    }
    switch head["pull"] {
    case nil:
      guard let pull = pull(head) else { return nil }
      request.pull = pull
    case .bool(false)?: request.pull = nil
    default: return nil
    }
    return request
  }

  private static func pull(_ head: JSONObject) -> PullPosition? {
    var pull = PullPosition(since: nil, cursor: nil)
    if let value = head["since"] {
      guard let since = entries(value) else { return nil }
      pull.since = VersionVector().applying(since)
    }
    if let value = head["cursor"] {
      guard let cursor = cursor(value) else { return nil }
      pull.cursor = cursor
    }
    return pull
  }

  private static func reply(_ head: JSONObject) -> SyncReply? {
    guard let now = head["now"]?.intValue, now >= 0, let server = id(head["server"]),
      let knowledge = entriesOrNone(head["knowledge"]), let wanted = keys(head["wanted"])
    else { return nil }
    var reply = SyncReply(server: server, knowledge: knowledge, history: nil, now: UInt64(now))
    reply.wanted = wanted
    reply.nextPushPage = head["next_push_page"]?.intValue
    if let value = head["history"] {
      guard let history = value.stringValue else { return nil }
      reply.history = history
    }
    if let unstable = head["unstable"] {
      guard let entries = entries(unstable) else { return nil }
      reply.unstable = entries
    }
    switch (head["pull"], head["more"]) {
    case (.bool(false)?, _): reply.pull = nil
    case (nil, nil), (nil, .bool(true)?):
      reply.pull = PullPage(cursor: nil, isLast: head["more"] == nil)
    default: return nil
    }
    if let value = head["cursor"] {
      guard let cursor = cursor(value) else { return nil }
      reply.pull?.cursor = cursor
    }
    return reply
  }

  /// An id that may be left out; nil if it is malformed.
  private static func id(_ value: JSONValue?) -> UniqueID?? {
    guard let value else { return .some(nil) }
    guard let id = value.stringValue.flatMap({ UniqueID($0) }) else { return nil }
    return .some(id)
  }

  private static func entriesOrNone(_ value: JSONValue?) -> [VersionVector.Entry]? {
    guard let value else { return [] }
    return entries(value)
  }

  private static func push(_ value: JSONValue) -> PushPosition? {
    guard let object = value.objectValue,
      let token = object["token"]?.stringValue.flatMap({ HexText.number($0) }),
      let page = object["page"]?.intValue, page >= 0, let isLast = object["last"]?.boolValue
    else { return nil }
    var push = PushPosition(token: token, page: page, isLast: isLast)
    if let after = object["after"] {
      guard let digest = after.stringValue else { return nil }
      push.after = digest
    }
    return push
  }

  /// `[POSITION, HEAD, "MARK"]`.
  private static func value(_ cursor: PullCursor) -> JSONValue {
    [
      .number(JSONNumber(cursor.position)), .number(JSONNumber(cursor.head)),
      .string(HexText.text(cursor.mark)),
    ]
  }

  package static func cursor(_ value: JSONValue) -> PullCursor? {
    guard let parts = value.arrayValue, parts.count == 3, let position = parts[0].intValue,
      let head = parts[1].intValue, position >= 0, head >= 0,
      let mark = parts[2].stringValue.flatMap({ HexText.number($0) })
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
    if let now = refusal.now { error.append("now", .number(JSONNumber(now))) }
    if let scope = refusal.scope { error.append("scope", .string(scope)) }
    if let page = refusal.nextPushPage { error.append("next_push_page", .int(page)) }
    if let digest = refusal.keptDigest { error.append("kept", .string(digest)) }
    if let wipe = refusal.wipe { error.append("wipe", .string(wipe.rawValue)) }
    if let proof = refusal.wipeProof { error.append("wipe_proof", .string(proof)) }
    return JSONValue.object(["error": .object(error)]).bytes
  }

  /// Reads a refusal; nil if the bytes are none, such as a page of a proxy.
  /// - Parameter status: of the HTTP answer: it stands for a code that is not known here.
  package static func refusal(_ bytes: [UInt8], status: Int) -> SyncRefusal? {
    guard let error = (try? JSONValue(parsing: bytes))?.objectValue?["error"]?.objectValue,
      let text = error["code"]?.stringValue,
      let code = SyncRefusal.Code(rawValue: text) ?? SyncRefusal.Code(status: status),
      let message = error["message"]?.stringValue
    else { return nil }
    let knowledge = entries(error["knowledge"]).map { VersionVector().applying($0) }
    var refusal = SyncRefusal(
      code, message, knowledge: knowledge,
      now: error["now"]?.intValue.map { UInt64(max(0, $0)) },
      server: error["server"]?.stringValue.flatMap { UniqueID($0) },
      scope: error["scope"]?.stringValue)
    refusal.nextPushPage = error["next_push_page"]?.intValue
    refusal.keptDigest = error["kept"]?.stringValue
    refusal.wipe = error["wipe"]?.stringValue.flatMap(WipeOrder.init)
    refusal.wipeProof = error["wipe_proof"]?.stringValue
    return refusal
  }
}
