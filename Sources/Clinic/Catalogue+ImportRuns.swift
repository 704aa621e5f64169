import Documents
import JSON

/// Which imports of the earlier system's files made a document or changed it: for each its id, and what the
/// document was then, or what became of the import since. Two laptops that import one file write the same.
extension FieldDefinition {
  static let importRuns = FieldDefinition(ImportRun.field, .object, .readOnly)
}

extension UnitRule {
  static let importRuns = UnitRule(
    ImportRun.field, fields: [ImportRun.field], shape: .map, outcome: .auto)
}

package enum ImportRun {
  package static let field = "import_runs"
  /// In place of a digest: the import only changed the document, which was there before.
  package static let changed = "changed"
  /// The import was taken back.
  package static let undone = "undone"
}
