import Documents
package import JSON

/// A line of an audit: an entry and the link to all lines before it.
///
/// The link is SHA-256 over the link before, as 64 digits, and the line as it would be without its own: whoever
/// changes, drops, adds or exchanges lines must write all those behind them anew.
package enum AuditLine {
  /// The link before the first line.
  package static let root = String(repeating: "0", count: 64)
  private static let member = "link"

  /// - Returns: the line, without its end, and its link.
  package static func make(
    _ object: JSONObject, after link: String, digest: ([UInt8]) -> [UInt8]
  ) -> (bytes: [UInt8], link: String) {
    let link = next(JSONValue.object(object).bytes, link, digest)
    var object = object
    object.append(member, .string(link))
    return (JSONValue.object(object).bytes, link)
  }

  /// The number and the link of a line.
  /// - Returns: nil if it is no line of an audit, or does not follow on the link.
  package static func check(
    _ line: [UInt8], after link: String, digest: ([UInt8]) -> [UInt8]
  ) -> (number: UInt64, link: String)? {
    guard var object = (try? JSONValue(parsing: line))?.objectValue,
      let number = object["number"]?.intValue, number > 0,
      let given = object[member]?.stringValue
    else { return nil }
    // Written as here and nowhere else: white space or another order would be another line.
    guard JSONValue.object(object).bytes == line else { return nil }
    object[member] = nil
    guard next(JSONValue.object(object).bytes, link, digest) == given else { return nil }
    return (UInt64(number), given)
  }

  private static func next(
    _ line: [UInt8], _ link: String, _ digest: ([UInt8]) -> [UInt8]
  ) -> String {
    HexText.text(digest(Array(link.utf8) + line))
  }
}
