import Causality
import Documents
import JSON

/// The payloads of log records. Documents stand there as in their files.
struct RecordCodec {
  let rules: MergeRules

  func encode(_ document: Document) -> [UInt8] {
    var encoder = DocumentEncoder(embedsTable: true)
    let object = encoder.encode(document, rules.type(document.key.type))
    var bytes: [UInt8] = []
    JSONValue.object(object).write(into: &bytes)
    return SelfCheck.added(to: bytes)
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
    do { value = try JSONValue(parsing: bytes) } catch { throw DocumentCodecError("\(error)") }
    guard let object = value.objectValue else { throw DocumentCodecError("not an object") }
    return object
  }
}
