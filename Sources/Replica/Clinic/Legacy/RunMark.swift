import Causality
import Clinic
import Documents
import JSON

/// What an import leaves in the documents that it makes or changes: so it can be taken back on any laptop, after
/// any time, and nothing but them need be kept.
///
/// The mark of a document that was made is a digest of its visible fields: who edits it changes them.
struct RunMark: Sendable {
  let run: UniqueID
  let sha256: @Sendable ([UInt8]) -> [UInt8]

  private var key: String { run.description }

  /// What stands in a document of this import: a digest, `changed`, `undone`; nil if it has nothing of it.
  func value(in fields: JSONObject) -> String? {
    fields[ImportRun.field]?.objectValue?[key]?.stringValue
  }

  /// Whether an import that was not taken back has made or changed the document, but for this one.
  func isOthers(_ fields: JSONObject) -> Bool {
    let marks = fields[ImportRun.field]?.objectValue?.members ?? []
    return marks.contains { $0.key != key && $0.value.stringValue != ImportRun.undone }
  }

  /// Whether this import made the document, and it is still as it was made. Two laptops that imported at two
  /// times may have made it differently.
  func isUntouched(_ document: Document, _ fields: JSONObject) -> Bool {
    let marks = document.versions(of: unitName)
    let digests = marks.map { value(in: $0.value) }
    guard digests.contains(digest(fields)) else { return false }
    let own = Set(marks.map(\.write.first))
    return document.contentUnits.allSatisfy { unit in
      let versions = unit.versions.said
      return versions.allSatisfy { $0.hasSameValue(as: versions[0]) }
        || versions.allSatisfy { own.contains($0.write.first) }
    }
  }

  private var unitName: String { "\(ImportRun.field)/\(key)" }

  func digest(_ fields: JSONObject) -> String {
    var fields = fields
    fields[ImportRun.field] = nil
    let bytes = (try? JSONValue.object(fields).canonicalBytes()) ?? JSONValue.object(fields).bytes
    return HexText.text(sha256(bytes))
  }

  /// Marks a document that was made or changed in the same transaction.
  /// - Parameter isMade: whether it was not there before, or this import made it and nobody edited it.
  func put(
    on key: DocumentKey, isMade: Bool, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    guard let document = try transaction.document(key) else { return }
    let fields = transaction.fields(document)
    try write(isMade ? digest(fields) : ImportRun.changed, to: key, fields, &transaction)
  }

  /// Says that the import was taken back here.
  func close(
    on key: DocumentKey, _ fields: JSONObject, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    try write(ImportRun.undone, to: key, fields, &transaction)
  }

  private func write(
    _ value: String, to document: DocumentKey, _ fields: JSONObject,
    _ transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    var fields = fields
    var marks = fields[ImportRun.field]?.objectValue ?? JSONObject()
    marks[key] = .string(value)
    fields[ImportRun.field] = .object(marks)
    try transaction.set(document, to: fields)
  }

  /// Whether the import wrote the visible value of a unit, when it changed the document.
  func wrote(_ unit: String, of document: Document, _ rules: TypeRules) -> Bool {
    let marks = Set(document.versions(of: unitName).map(\.write.first))
    guard let shown = rules.unit(named: unit).shown(of: document.versions(of: unit)) else {
      return false
    }
    return marks.contains(shown.write.first)
  }

  /// Whether a document is in the trash only because imports were taken back: another may bring it back.
  static func isUndone(_ document: Document) -> Bool {
    let marks = document.contentUnits.filter { $0.name.hasPrefix("\(ImportRun.field)/") }
      .flatMap(\.versions).filter { version in
        version.value[ImportRun.field]?.objectValue?.members
          .contains { $0.value.stringValue == ImportRun.undone } ?? false
      }
    let undone = Set(marks.map(\.write.first))
    let deletes = document.versions(of: Unit.life).filter { $0.details?.deletion != nil }
    return !deletes.isEmpty && deletes.allSatisfy { undone.contains($0.write.first) }
  }
}
