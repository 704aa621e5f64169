import Clinic
import Documents
import JSON

/// A type of documents: its fields with their limits, how they merge, and where references lead.
struct TypeSection {
  let type: TypeDefinition

  static func anchor(_ type: String) -> String { "type_\(type)" }

  var html: HTML {
    let kind =
      (type.isAppendOnly ? "Written once, never edited. " : "")
      + (type.isServerAuthoritative ? "Written on the server only." : "")
    let rows = type.fields.filter { !$0.isServerOnly }.map { field in
      [
        HTML(field.name), HTML(limits(field)), HTML(notes(field)), HTML(unit(field)),
        reference(field),
      ]
    }
    return .element(
      "section", ["id": Self.anchor(type.name)],
      [
        .element("h3", type.name), .element("p", kind),
        .table(["Field", "Value", "", "Merges with (rule)", "Refers to (on delete)"], rows),
      ])
  }

  private func limits(_ field: FieldDefinition) -> String { SchemaText(field.kind.schema).text }

  private func notes(_ field: FieldDefinition) -> String {
    var notes: [String] = []
    switch field.use {
    case .readOnly: notes.append("read only")
    case .computed: notes.append("worked out for answers")
    case .request: notes.append("directs a request, not kept")
    case .stored where type.writeOnceFields.contains(field.name):
      notes.append("keeps its first value")
    case .stored, .serverOnly: break
    }
    if field.isRequired { notes.append(type.isFilledIn(field.name) ? "filled in" : "required") }
    if let value = field.defaultValue { notes.append("default \(plainText(value))") }
    if !field.aliases.isEmpty { notes.append("also \(field.aliases.joined(separator: ", "))") }
    if case .choice(let choice) = field.kind {
      notes += choice.aliases.sorted { $0.key < $1.key }.map { "\($0.key) is taken as \($0.value)" }
    }
    return notes.joined(separator: "; ")
  }

  private func unit(_ field: FieldDefinition) -> String {
    guard field.isStored, let unit = type.units.first(where: { $0.fields.contains(field.name) })
    else { return "" }
    let what =
      switch unit.shape {
      case .fields: unit.fields.count > 1 ? unit.name : "alone"
      case .set: "each element alone"
      case .map: "each key alone"
      }
    return unit.rule == "-" ? what : "\(what) (\(unit.rule))"
  }

  private func reference(_ field: FieldDefinition) -> HTML {
    guard case .reference(let target, let action) = field.kind else { return "" }
    let effect =
      switch action {
      case .restrict: "the delete is refused"
      case .cascade: "this is deleted too"
      case .setNull: "this is cleared"
      }
    return .element("span", [:], [.link(target, to: Self.anchor(target)), HTML(" (\(effect))")])
  }
}
