package import Clinic
package import Documents
package import JSON

/// Turns documents into the bytes of a file, piece by piece: whoever has the documents calls, in this
/// order,
///
/// 1. `survey` with every document of the types in `surveyedTypes`,
/// 2. `begin`,
/// 3. `add` with every document of the types in `types`, type by type,
/// 4. `end`,
///
/// and writes what was appended whenever it likes. All documents are of one state, those of a type come in
/// the order of their creation, deleted ones too. The same documents, settings and time give the same
/// bytes on every machine with the same time-zone data.
package protocol DocumentExport {
  /// Types that have to be looked at before anything is written.
  var surveyedTypes: [String] { get }
  var types: [String] { get }

  mutating func survey(_ document: ExportedDocument)
  mutating func begin(_ bytes: inout [UInt8])
  mutating func add(_ document: ExportedDocument, _ bytes: inout [UInt8])
  mutating func end(_ bytes: inout [UInt8])
}

extension DocumentExport {
  package var surveyedTypes: [String] { [] }
  package mutating func survey(_ document: ExportedDocument) {}
  package mutating func begin(_ bytes: inout [UInt8]) {}
  package mutating func end(_ bytes: inout [UInt8]) {}
}

/// A document, and the clinic that it is part of.
package struct ExportedDocument {
  package let document: Document
  /// The visible fields with the engine's own, as a list shows them.
  package let view: JSONObject
  package let clinic: MergedClinic

  package init(_ document: Document, view: JSONObject, _ clinic: MergedClinic) {
    self.document = document
    self.view = view
    self.clinic = clinic
  }

  /// Whether it lives and is whole.
  var isShown: Bool { clinic.isShown(document) }
}
