package import Clinic
import Documents
import JSON

/// JSON lines: the visible fields of each document, one document a line.
package struct LineExport: DocumentExport {
  package let types: [String]
  private let secrets: SecretFields

  /// - Parameter present: the types of which there are documents.
  package init(_ catalogue: Catalogue, _ settings: ExportSettings, present: [String]) {
    let strange = present.filter { catalogue.type(named: $0) == nil }.sorted(by: utf8Less)
    types = settings.type.map { [$0] } ?? catalogue.types.map(\.name) + strange
    secrets = SecretFields(catalogue)
  }

  package func add(_ document: ExportedDocument, _ bytes: inout [UInt8]) {
    guard document.isShown else { return }
    secrets.removed(from: document.view).write(into: &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }
}
