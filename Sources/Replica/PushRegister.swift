import Causality
import Documents
import JSON
import Storage
import SyncProtocol

/// What a laptop keeps of a push of several pages that did not come to its end.
extension Replica {
  /// Keeps a note. Durable on return.
  func keep(_ note: PushNote, digest: String) throws(ReplicaError) {
    let numbering = store.read { $0.numbering }
    try changeRegisters { registers in
      var note = note
      note.seal(digest, after: PushNote(registers[PushNote.register]))
      return [(PushNote.register, note.value(numbering: numbering))]
    }
  }

  /// The digest at the end of the page before that of a note which is not kept yet.
  func digestBefore(_ note: PushNote) -> String? {
    note.digestBefore(store.read { PushNote($0.registers[PushNote.register]) })
  }

  /// Makes the next push begin anew. Durable on return.
  func dropPushNote() throws(ReplicaError) {
    try changeRegisters { _ in [(PushNote.register, .null)] }
  }

  /// A push that another session may go on with; nil if there is none, or the history that it belongs to is not
  /// this one's any more, as after a renaming, or the arrivals that it names are counted anew.
  func pushUnderWay() -> ClientSession.PushUnderWay? {
    store.read { tables in
      let register = tables.registers[PushNote.register]
      guard let note = PushNote(register),
        register?.objectValue?.hasNumbering(of: tables) ?? false,
        let then = tables.history.hash(at: note.knowledge),
        SyncCodec.text(history: then) == note.history
      else { return nil }
      let knowledge = tables.knowledge
      return ClientSession.PushUnderWay(
        note: note, knowledge: knowledge,
        history: SyncCodec.text(history: tables.history.hash(at: knowledge) ?? []))
    }
  }
}

extension PushNote {
  /// The register of a laptop's store.
  static let register = "push"

  /// Reads the register; nil if it is missing or malformed.
  init?(_ value: JSONValue?) {
    guard let object = value?.objectValue,
      let replica = object["replica"]?.stringValue.flatMap({ UniqueID($0) }),
      let token = object["token"]?.stringValue.flatMap({ HexText.number($0) }),
      let base = SyncCodec.entries(object["base"]), let isWhole = object["whole"]?.boolValue,
      let page = object["page"]?.intValue, let from = object["from"]?.intValue, from >= 0,
      let upTo = object["up_to"]?.intValue, upTo >= 0,
      let knowledge = SyncCodec.entries(object["knowledge"]),
      let history = object["history"]?.stringValue,
      let digest = object["digest"]?.stringValue,
      let previous = object["previous_digest"]?.stringValue
    else { return nil }
    self.init(
      replica: replica, token: token, base: VersionVector().applying(base), isWhole: isWhole,
      page: page, from: UInt64(from), upTo: UInt64(upTo),
      knowledge: VersionVector().applying(knowledge), history: history)
    (self.digest, previousDigest) = (digest, previous)
  }

  /// - Parameter numbering: the store's, as it is now.
  func value(numbering: UInt64) -> JSONValue {
    var object: JSONObject = [
      "replica": .string(replica.description), "token": .string(HexText.text(token)),
      "base": SyncCodec.value(base.entries), "whole": .bool(isWhole), "page": .int(page),
      "from": .number(JSONNumber(from)), "up_to": .number(JSONNumber(upTo)),
      "knowledge": SyncCodec.value(knowledge.entries), "history": .string(history),
      "digest": .string(digest), "previous_digest": .string(previousDigest),
    ]
    object.setNumbering(numbering)
    return .object(object)
  }
}
