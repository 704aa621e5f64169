import HTTP
import JSON
import Platform
import SyncProtocol

/// The faults by the words of a scenario: `the server …`.
extension Fault {
  private static let yearMilliseconds = 365 * 86_400_000
  /// More than an answer may have: it would be right otherwise.
  private static let bombByteCount = 256 << 20

  init(_ words: [String]) throws {
    if let fault = Self.byName[words.joined(separator: " ")] {
      self = fault
      return
    }
    let numbers = words.compactMap { Int($0) }
    switch (words[0], words.count, numbers.count) {
    case ("loses", 3, 1) where words[1] == "request":  // … N, and all later
      self = .from(numbers[0]) { _ in nil }
    case ("loses", 3, 1) where words[1] == "reply":
      self = .from(numbers[0]) { exchange in
        _ = exchange.answer()
        return nil
      }
    case ("breaks", 5, 1) where words[1] == "answers": self = .cuts(sent: nil, received: numbers[0])
    case ("breaks", 5, 1) where words[1] == "requests":
      self = .cuts(sent: numbers[0], received: nil)
    case ("answers", 5, 1):  // 502 with a page
      self = .answers { _ in Self.page(status: numbers[0]) }
    case ("refuses", 4, 1):  // with 403 revoked
      self = .answers { _ in Self.refusal(status: numbers[0], code: words[3]) }
    case ("refuses", 6, 2):  // request 2 with 410 cursor_gone
      self = .once(numbers[0]) { _ in Self.refusal(status: numbers[1], code: words[5]) }
    case ("takes", 5, 1):  // at most 40000 bytes
      self = .answers { exchange in
        exchange.body.count > numbers[0] ? Self.page(status: 413) : exchange.answer()
      }
    default: throw ScenarioFailure("no such fault")
    }
  }

  private static let byName: [String: Fault] = [
    "is sane": .none,
    "tells its history early": .answers { exchange in
      exchange.number == 1 ? exchange.answerWithAllRuns() : nil
    },
    "drips its answers": .drips,
    "cuts answers in a line": .damaging { answer in
      answer.body.removeLast(answer.body.count / 3)
      while answer.body.last == UInt8(ascii: "\n") { answer.body.removeLast() }
    },
    "cuts answers between lines": .damaging { answer in
      answer.body.removeLast()
      while answer.body.last != UInt8(ascii: "\n") { answer.body.removeLast() }
    },
    "cuts packed answers": .damaging { answer in
      let packed = Gzip.system?.packed(answer.body) ?? []
      answer.body = Array(packed.prefix(packed.count / 2))
      answer.headers.set("Content-Encoding", "gzip")
    },
    "changes a digit of answers": .damaging { answer in changePhone(&answer.body) },
    "miscounts the lines": .rewriting { $0.surplus = 1 },
    "answers with another content type": .damaging {
      $0.headers.set("Content-Type", "application/json")
    },
    "leaves out the protocol's header": .damaging {
      $0.headers.remove(SyncProtocolVersion.headerName)
    },
    "answers with nothing": .damaging { $0.body = [] },
    "redirects to a page": .answers { _ in
      var answer = page(status: 302)
      answer.headers.set("Location", portalPath)
      return answer
    },
    "forgets the access token": .answers { exchange in
      // Once: the laptop goes on with the token that never expires.
      let isMeant = exchange.number == 2 && exchange.request.headers["Authorization"] != nil
      return isMeant ? refusal(status: 401, code: "unauthorized") : exchange.answer()
    },
    "answers with its previous answer": .answers { $0.previous ?? $0.answer() },
    "delivers page 2 twice": .once(3) { $0.previous ?? $0.answer() },
    "adds members": .rewriting { lines in
      lines.head["weather"] = ["sky": "grey", "wind": [1, 2]]
      lines.head["a_later_word"] = true
    },
    "adds lines": .rewriting { lines in
      lines.lines.insert(Array("{\"lantern\":[1,2,3]}".utf8), at: lines.lines.count / 2)
    },
    "spoils a document": .rewriting { lines in
      guard let place = lines.placeOfDocument else { return }
      lines.lines[place] = Array(
        "{\"id\":\"ana\",\"type\":\"patient\",\"_sync\":{\"clock\":7}}".utf8)
    },
    "answers with a bomb": .answers { exchange in
      var answer = exchange.answer()
      guard answer.status == 200 else { return answer }
      var lines = exchange.lines(of: answer)
      lines.blankCount = bombByteCount
      answer.body = Gzip.system?.packed(lines.bytes, level: 1) ?? []
      answer.headers.set("Content-Encoding", "gzip")
      return answer
    },
    "says that it is another": .rewriting {
      $0.head["server"] = "00000000-0000-4000-8000-000000000001"
    },
    "is a year ahead": .rewriting { $0.addToClock(yearMilliseconds) },
    "is a year behind": .rewriting { $0.addToClock(-yearMilliseconds) },
  ]

  /// A value that stays valid: only the digest tells.
  private static func changePhone(_ body: inout [UInt8]) {
    let member = Array("\"phone\":\"".utf8)
    let place = body.indices.first { body[$0...].starts(with: member) }
    body[place.map { $0 + member.count } ?? body.count / 2] ^= 1
  }
}

extension AnswerLines {
  fileprivate mutating func addToClock(_ milliseconds: Int) {
    head["now"] = .int((head["now"]?.intValue ?? 0) + milliseconds)
  }
}
