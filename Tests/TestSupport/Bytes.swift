package import Documents
package import JSON

extension Document {
  /// The document as it stands in its file: equal bytes mean equal states.
  package func bytes(_ rules: MergeRules = SampleRules.all) -> [UInt8] {
    var encoder = DocumentEncoder(embedsTable: true)
    var bytes: [UInt8] = []
    encoder.encode(self, rules.type(key.type), into: &bytes)
    return bytes
  }

  package func text(_ rules: MergeRules = SampleRules.all) -> String {
    String(decoding: bytes(rules), as: UTF8.self)
  }
}

extension JSONValue {
  /// As one line of JSON.
  package var line: String { String(decoding: bytes, as: UTF8.self) }
}

extension JSONObject {
  /// As one line of JSON.
  package var line: String { JSONValue.object(self).line }
}

extension DocumentEncoder {
  /// A document in the form in which it is written, as a value.
  package mutating func object(_ document: Document, _ rules: TypeRules) throws -> JSONObject {
    var bytes: [UInt8] = []
    encode(document, rules, into: &bytes)
    return try JSONValue(parsing: bytes).objectValue ?? JSONObject()
  }
}
