package import Documents
package import JSON

extension Document {
  /// The document as it stands in its file: equal bytes mean equal states.
  package func bytes(_ rules: MergeRules = SampleRules.all) -> [UInt8] {
    var encoder = DocumentEncoder(embedsTable: true)
    return JSONValue.object(encoder.encode(self, rules.type(key.type))).bytes
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
