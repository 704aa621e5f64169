import JSON
import Platform
import Replica
import Transport

/// A language model that anybody may run: an endpoint that speaks as OpenAI's does.
package struct SummaryModel: Sendable {
  /// `https://models.example/v1`; `/chat/completions` follows it.
  package var endpoint: String
  /// Sent as a bearer token; nil where none is needed.
  package var key: String?
  /// As the endpoint calls it.
  package var name = "gpt-4"
  /// How long it may think without sending a byte.
  package var idleSeconds = 120

  package init(endpoint: String) { self.endpoint = endpoint }

  /// What a form says, in short.
  struct Summary: Sendable, Equatable {
    var text: String
    var concerns: [String]
    var medications: [String]
    var allergies: [String]
    var keyNotes: String?
  }

  private static let task = """
    You summarise a patient's intake form for the doctor who will see the patient. Use only what the \
    form says; do not diagnose, and invent nothing. Answer with one JSON object: "summary_text" (two or \
    three sentences), "patient_concerns", "medications" and "allergies" (lists of short texts, empty \
    where the form names none), "key_notes" (one text, or null).
    """

  /// Asks for a summary. Takes as long as the model does.
  /// - Parameter answers: of the form. Nothing else of the patient leaves the server.
  /// - Throws: what went wrong, in words for people; nothing of the form is in them.
  func summary(of answers: JSONObject) throws(SummaryFailure) -> Summary {
    let request: JSONValue = [
      "model": .string(name), "temperature": 0,
      "messages": [
        ["role": "system", "content": .string(Self.task)],
        [
          "role": "user",
          "content": .string(String(decoding: JSONValue.object(answers).bytes, as: UTF8.self)),
        ],
      ],
    ]
    let headers =
      ["Content-Type: application/json"] + (key.map { ["Authorization: Bearer \($0)"] } ?? [])
    let answer: WebAnswer
    do {
      answer = try WebClient.post(
        "\(endpoint)/chat/completions", headers: headers, body: request.bytes,
        idleSeconds: idleSeconds)
    } catch {
      throw SummaryFailure("the model cannot be reached")
    }
    guard answer.status == 200 else {
      throw SummaryFailure("the model answered with status \(answer.status)")
    }
    guard let text = Self.content(answer.body), let summary = Summary(text) else {
      throw SummaryFailure("the model's answer cannot be read")
    }
    return summary
  }

  private static func content(_ body: [UInt8]) -> String? {
    let object = (try? JSONValue(parsing: body))?.objectValue
    return object?["choices"]?.arrayValue?.first?.objectValue?["message"]?
      .objectValue?["content"]?.stringValue
  }
}

/// Why there is no summary; for people.
struct SummaryFailure: Error, Sendable {
  let words: String

  init(_ words: String) { self.words = words }
}

extension SummaryModel.Summary {
  /// What the fields of a document take.
  private static let (mostTextCount, mostEntryCount, mostEntries) = (10_000, 1000, 100)

  /// Nil if the text holds no such object. Models put it between other words.
  init?(_ text: String) {
    guard let first = text.firstIndex(of: "{"), let last = text.lastIndex(of: "}"), first < last,
      let object = (try? JSONValue(parsing: Array(text[first...last].utf8)))?.objectValue,
      let summary = object["summary_text"]?.stringValue,
      summary.contains(where: { !$0.isWhitespace })
    else { return nil }
    self.text = String(summary.prefix(Self.mostTextCount))
    concerns = Self.list(object["patient_concerns"])
    medications = Self.list(object["medications"])
    allergies = Self.list(object["allergies"])
    keyNotes = (object["key_notes"]?.stringValue).map { String($0.prefix(Self.mostTextCount)) }
  }

  private static func list(_ value: JSONValue?) -> [String] {
    (value?.arrayValue ?? []).compactMap(\.stringValue).prefix(mostEntries)
      .map { String($0.prefix(mostEntryCount)) }
  }
}
