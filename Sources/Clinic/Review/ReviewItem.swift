package import Causality
package import Documents
package import JSON

/// One of the things that meet in a review item.
package struct ReviewSide: Sendable {
  package let value: JSONValue
  /// Who wrote it: the name, else the id; nil if nobody is known.
  package let author: String?
  package let device: UniqueID
  /// Milliseconds since 1970 UTC.
  package let at: UInt64

  package init(value: JSONValue, author: String?, device: UniqueID, at: UInt64) {
    self.value = value
    self.author = author
    self.device = device
    self.at = at
  }
}

/// One write of an action.
package enum ReviewStep: Sendable {
  /// Gives a unit a value, in place of some versions. The writer has seen others besides: versions of a
  /// merged patient, by their first dots.
  case write(DocumentKey, UnitValue, replacing: [VersionKey], seeing: [Dot] = [])
  case undelete(DocumentKey)
  case delete(DocumentKey, DeleteReason)
}

/// What a person can do about a review item.
package struct ReviewAction: Sendable {
  package let name: String
  /// In plain words.
  package let effect: String
  /// Together with the decision they settle the item.
  package let steps: [ReviewStep]

  package init(_ name: String, _ effect: String, steps: [ReviewStep] = []) {
    self.name = name
    self.effect = effect
    self.steps = steps
  }

  package static let keepDocument = "keep-document"
  package static let deleteAgain = "delete-again"
  package static let dismiss = "dismiss"

  /// The action that keeps a side, which counts from 1.
  package static func keep(_ side: Int) -> String { "keep-\(side)" }
}

/// Something that a person should decide (DESIGN, rule 23): computed, never stored.
package struct ReviewItem: Sendable {
  /// 16 hexadecimal digits, the same on every replica.
  package let id: String
  /// In MERGE.md, or `invalid`, `reference`.
  package let rule: String
  package let severity: ReviewSeverity
  /// Sorted.
  package let documents: [DocumentKey]
  /// The merge unit or field that it is about; nil for whole documents.
  package let unit: String?
  /// The one that is shown comes first.
  package let sides: [ReviewSide]
  package let summary: String
  package let actions: [ReviewAction]
  /// The transactions that wrote the versions it is about, as text, sorted: a decision names them.
  package let dots: [String]
  /// The versions of the unit, if the item is a conflict of its versions.
  package let versions: [VersionKey]
  /// First dots of versions of merged patients that are sides too.
  package let lateDots: [Dot]
  /// The document of whose unit the sides are values; nil if the item is no conflict of values.
  package let subject: DocumentKey?
  /// Whether other documents made it.
  var looksBeyond = false

  /// An item as people and programs see it.
  package var value: JSONObject {
    [
      "id": .string(id), "rule": .string(rule), "severity": .string(severity.rawValue),
      "documents": .array(documents.map(\.reviewValue)),
      "sides": .array(
        sides.map { side in
          [
            "value": side.value, "author": side.author.map { .string($0) } ?? .null,
            "device": .string(side.device.description),
            "at": .string(Timestamp.text(milliseconds: side.at)),
          ]
        }),
      "summary": .string(summary),
      "actions": .array(
        actions.map { ["name": .string($0.name), "effect": .string($0.effect)] }),
    ]
  }

  /// The order of the list: urgent first, then by id.
  package static func comesBefore(_ a: ReviewItem, _ b: ReviewItem) -> Bool {
    a.severity != b.severity
      ? a.severity.place < b.severity.place : a.id.utf8.lexicographicallyPrecedes(b.id.utf8)
  }
}

extension ReviewItem {
  static func id(
    rule: String, documents: [DocumentKey], unit: String?, sha256: ([UInt8]) -> [UInt8]
  ) -> String {
    let lines = [rule] + documents.map(\.description) + [unit ?? ""]
    let digest = sha256(Array(lines.joined(separator: "\n").utf8))
    return String(HexText.text(digest).prefix(16))
  }
}

extension DocumentKey {
  package var reviewValue: JSONValue {
    ["type": .string(type), "id": .string(id.description)]
  }

  /// Reads that form; nil if it is malformed.
  package init?(reviewValue value: JSONValue?) {
    guard let object = value?.objectValue, let type = object["type"]?.stringValue,
      let id = object["id"]?.stringValue.flatMap({ UniqueID($0) })
    else { return nil }
    self.init(type: type, id: id)
  }
}

extension ReviewSeverity {
  fileprivate var place: Int {
    switch self {
    case .urgent: 0
    case .normal: 1
    case .low: 2
    }
  }
}
