import Causality
import Documents
import JSON

/// The payloads of log records. Documents stand there as in their files.
struct RecordCodec {
  let rules: MergeRules

  /// A record nests the values of fields deeper than they came.
  private static let limits = JSONLimits(maximumDepth: 2 * DocumentLimits.maximumDepth)

  func encode(_ document: Document) -> [UInt8] {
    var encoder = DocumentEncoder(embedsTable: true)
    return encode(
      document, fields: document.visibleFields(rules.type(document.key.type)), with: &encoder)
  }

  /// - Parameters:
  ///   - fields: the document's visible fields.
  ///   - encoder: one that embeds its table; to be used again, for its memory.
  func encode(
    _ document: Document, fields: JSONObject, with encoder: inout DocumentEncoder
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1024)
    encoder.encode(document, fields: fields, rules.type(document.key.type), into: &bytes)
    SelfCheck.add(to: &bytes)
    return bytes
  }

  /// A document from bytes that must show by themselves that they are whole.
  func checked(_ bytes: [UInt8]) throws(DocumentCodecError) -> Document {
    guard SelfCheck.holds(for: bytes) else {
      throw DocumentCodecError("differs from what was written")
    }
    return try document(bytes)
  }

  func document(_ bytes: [UInt8]) throws(DocumentCodecError) -> Document {
    try DocumentDecoder().decode(try object(bytes))
  }

  func encode(_ run: TransactionRun) -> [UInt8] { JSONValue.object(RunCodec.encode(run)).bytes }

  func run(_ bytes: [UInt8]) throws(DocumentCodecError) -> TransactionRun {
    try RunCodec.decode(try object(bytes))
  }

  func encode(_ cut: HistoryCut) -> [UInt8] {
    JSONValue.object([
      "replica": .string(cut.replica.description), "keep": .number(JSONNumber(cut.keep)),
    ]).bytes
  }

  func cut(_ bytes: [UInt8]) throws(DocumentCodecError) -> HistoryCut {
    let object = try object(bytes)
    guard let replica = object["replica"]?.stringValue.flatMap({ UniqueID($0) }),
      let keep = object["keep"]?.intValue, keep >= 0
    else { throw DocumentCodecError("a cut of transactions is malformed") }
    return HistoryCut(replica: replica, keep: UInt64(keep))
  }

  func encode(register name: String, _ value: JSONValue) -> [UInt8] {
    JSONValue.object(["name": .string(name), "value": value]).bytes
  }

  func register(_ bytes: [UInt8]) throws(DocumentCodecError) -> (String, JSONValue) {
    let object = try object(bytes)
    guard let name = object["name"]?.stringValue, let value = object["value"] else {
      throw DocumentCodecError("a register without a name or value")
    }
    return (name, value)
  }

  private func object(_ bytes: [UInt8]) throws(DocumentCodecError) -> JSONObject {
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes, limits: Self.limits) } catch {
      throw DocumentCodecError("\(error)")
    }
    guard let object = value.objectValue else { throw DocumentCodecError("not an object") }
    return object
  }
}
