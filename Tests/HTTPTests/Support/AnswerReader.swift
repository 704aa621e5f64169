/// One answer as a peer reads it from its bytes, by rules of its own.
struct RawAnswer: Equatable, CustomStringConvertible {
  var status: Int
  var fields: [String: String]
  var body: String

  var closes: Bool { fields["connection"] == "close" }
  var description: String { "\(status) \(closes ? "close " : "")\(body)" }

  /// Splits what came into answers.
  /// - Parameter methods: of the requests that were sent; those beyond count as GET.
  /// - Throws: when the bytes are not whole answers one after another.
  static func all(in text: String, to methods: [String] = []) throws -> [RawAnswer] {
    var rest = Array(text.utf8)[...]
    var answers: [RawAnswer] = []
    var number = 0
    while !rest.isEmpty {
      let isHead = number < methods.count && methods[number] == "HEAD"
      let answer = try read(&rest, isHead: isHead)
      answers.append(answer)
      if answer.status >= 200 { number += 1 }
    }
    return answers
  }

  private static func read(
    _ rest: inout ArraySlice<UInt8>, isHead: Bool
  ) throws -> RawAnswer {
    guard let end = Array(rest).endOfFirst(Array("\r\n\r\n".utf8)) else {
      throw BadAnswer("no head", rest)
    }
    let lines = String(decoding: rest.prefix(end), as: UTF8.self).split(separator: "\r\n")
    let first = lines[0].split(separator: " ")
    guard first.count > 1, first[0] == "HTTP/1.1", let status = Int(first[1]) else {
      throw BadAnswer("no status line", rest)
    }
    var answer = RawAnswer(status: status, fields: [:], body: "")
    for line in lines.dropFirst() {
      let parts = line.split(separator: ": ", maxSplits: 1)
      guard parts.count == 2 else { throw BadAnswer("no field: \(line)", rest) }
      let old = answer.fields.updateValue(String(parts[1]), forKey: parts[0].lowercased())
      guard old == nil else { throw BadAnswer("twice: \(line)", rest) }
    }
    rest = rest.dropFirst(end)
    guard status >= 200, status != 204, status != 304, !isHead else { return answer }
    guard let count = answer.fields["content-length"].flatMap({ Int($0) }), count <= rest.count
    else { throw BadAnswer("no whole body", rest) }
    answer.body = String(decoding: rest.prefix(count), as: UTF8.self)
    rest = rest.dropFirst(count)
    return answer
  }
}

struct BadAnswer: Error, CustomStringConvertible {
  let description: String

  init(_ reason: String, _ bytes: ArraySlice<UInt8>) {
    description = "\(reason) at: \(String(decoding: bytes.prefix(200), as: UTF8.self))"
  }
}
