import Causality
import Clinic
import Documents
import JSON

/// A document as the merged clinic shows it: what follows for it from others stands in place of what it
/// says itself.
struct ShownDocument {
  let key: DocumentKey
  let document: Document
  let clinic: MergedClinic
  private(set) var fields: JSONObject
  /// Whether its time is not settled: another appointment has it, or it was moved twice.
  private(set) var isHeld = false

  init(_ exported: ExportedDocument) {
    key = exported.document.key
    document = exported.document
    clinic = exported.clinic
    fields = exported.view
    for member in clinic.effectiveFields(of: document).members { take(member) }
  }

  private mutating func take(_ member: JSONMember) {
    switch member.key {
    case "effective_slot":
      if let slot = member.value.objectValue {
        for part in slot.members { fields[part.key] = part.value }
      } else {
        isHeld = true
      }
    case "effective_held_slots": isHeld = true
    default:
      let name = String(member.key.dropFirst("effective_".count))
      guard clinic.catalogue.type(named: key.type)?.field(named: name)?.isStored == true else {
        return
      }
      fields[name] = member.value.isNull ? nil : member.value
    }
  }

  var id: String { key.id.description }

  /// The text of a field; nil if it is blank.
  func text(_ name: String) -> String? {
    fields[name]?.stringValue.flatMap { trimmed($0).isEmpty ? nil : $0 }
  }

  func flag(_ name: String) -> Bool { fields[name]?.boolValue == true }
}
