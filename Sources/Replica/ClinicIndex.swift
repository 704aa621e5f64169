package import Clinic
package import JSON
import Platform
import Storage

extension TextForms {
  /// By the tables that the standard library and Foundation carry.
  package static let system = TextForms(nfc: Text.nfc, caseFolded: Text.caseFolded)
}

extension ClinicIndex {
  /// The key of a document by its visible fields; nil if it has none.
  package func key(_ fields: JSONObject) -> String? { key(fields, .system) }

  /// The form in which e-mail addresses are compared.
  package static func emailKey(_ email: String) -> String { TextForms.system.email(email) }

  static var all: [StoreIndex] {
    allCases.map { index in
      StoreIndex(type: index.type, name: index.rawValue, fields: index.fields) {
        index.key($0, .system)
      }
    }
  }
}
