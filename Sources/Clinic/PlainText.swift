package import JSON

/// A value as a person would type it.
package func plainText(_ value: JSONValue) -> String {
  if let text = value.stringValue { return text }
  return String(decoding: value.bytes, as: UTF8.self)
}
