import Causality
import Clinic
import Documents
import JSON
import Platform

/// Makes the rows of a type.
struct RowShape: Sendable {
  private let type: TypeDefinition
  /// The statuses of the type, in the order of the catalogue.
  private let statuses: [String]
  private let searched: [String]

  /// Fields by which people look for somebody.
  private static let contactFields = [
    "name", "first_name", "last_name", "email", "phone", "external_id",
  ]

  init(_ type: TypeDefinition) {
    self.type = type
    statuses = Self.statuses(of: type)
    searched = Self.contactFields.filter { name in
      type.fields.contains { $0.name == name && $0.isStored }
    }
  }

  /// The statuses of a type, in the order of their numbers in rows: the first has number 1.
  static func statuses(of type: TypeDefinition) -> [String] {
    guard case .choice(let choice)? = type.field(named: "status")?.kind else { return [] }
    return choice.values
  }

  func row(_ key: DocumentKey, _ clinic: MergedClinic) -> RowTable.Row? {
    clinic.subject(key).flatMap { row($0.document, clinic) }
  }

  /// Nil if the document is not shown.
  func row(_ document: Document, _ clinic: MergedClinic) -> RowTable.Row? {
    guard clinic.isShown(document) else { return nil }
    let fields = clinic.subject(document).fields
    var row = RowTable.Row(stamp: document.origin.stamp)
    let status = clinic.status(of: document)
    row.status = status.flatMap(statuses.firstIndex).map { UInt8($0 + 1) } ?? 0
    if type.name == "invite", status == "pending" {
      row.end = fields["expires_at"]?.stringValue.flatMap { Timestamp.milliseconds($0) } ?? 0
    }
    row.text = Self.text(searched.compactMap { fields[$0]?.stringValue })
    return row
  }

  /// What searches look at: the fields as people spell them, and a telephone number by its digits.
  private static func text(_ values: [String]) -> [UInt8] {
    let digits = values.map { $0.filter(\.isNumber) }.filter { $0.utf8.count > 3 }
    return Text.folded((values + digits).joined(separator: "\n")).utf8.filter { $0 != 0 }
  }

  /// The words of a search, in the form of the rows' texts.
  static func words(_ search: String) -> [[UInt8]] {
    Text.folded(search).split(separator: " ").map { Array($0.utf8) }
  }
}
