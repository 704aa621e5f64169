import Documents
import JSON

/// The lines of an answer, to be changed by somebody who knows the protocol: the end is right again.
struct AnswerLines {
  var head: JSONObject
  /// What stands between the head and the end.
  var lines: [[UInt8]]
  /// How many lines the end names too many.
  var surplus = 0
  /// How many blanks stand behind the head, which JSON allows.
  var blankCount = 0
  private let digest: Digest

  init(_ body: [UInt8], digest: @escaping Digest) {
    self.digest = digest
    let all = body.split(separator: UInt8(ascii: "\n")).map(Array.init)
    head = all.first.flatMap { try? JSONValue(parsing: $0) }?.objectValue ?? [:]
    lines = Array(all.dropFirst().dropLast())
  }

  /// Where a document stands in the middle of the lines; nil if there is none.
  var placeOfDocument: Int? {
    let places = lines.indices.filter { lines[$0].starts(with: Array("{\"id\":".utf8)) }
    return places.isEmpty ? nil : places[places.count / 2]
  }

  var bytes: [UInt8] {
    var bytes = JSONValue.object(head).bytes
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: blankCount)
    bytes.append(UInt8(ascii: "\n"))
    for line in lines { bytes += line + [UInt8(ascii: "\n")] }
    let digest = digest(bytes).prefix(8)
    let end: JSONValue = [
      "end": .int(lines.count + 1 + surplus), "digest": .string(HexText.text(Array(digest))),
    ]
    return bytes + end.bytes + [UInt8(ascii: "\n")]
  }
}
