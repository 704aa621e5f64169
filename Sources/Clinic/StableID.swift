package import Causality

/// Ids made of what a document says, so that importing the same thing twice, or on two laptops, makes
/// one document: UUID version 5 over account, type and key.
package struct StableID: Sendable {
  /// 3d5c9a52-7f0e-5b7e-9f64-2c1f5f0a8e11.
  package static let namespace = UniqueID(
    high: 0x3d5c_9a52_7f0e_5b7e, low: 0x9f64_2c1f_5f0a_8e11)

  private let account: UniqueID
  private let functions: ClinicFunctions

  package init(account: UniqueID, functions: ClinicFunctions) {
    self.account = account
    self.functions = functions
  }

  /// The id of a document of a type with a key.
  package func id(type: String, key: String) -> UniqueID {
    let digest = functions.sha1(Self.namespace.bytes + Array("\(account)\n\(type)\n\(key)".utf8))
    guard let id = UniqueID(nameDigest: digest) else {
      preconditionFailure("a SHA-1 digest has 20 bytes")
    }
    return id
  }

  /// The id of an imported patient: by `external_id` if there is one, else by e-mail and name. Nil
  /// with neither: the patient gets a random id.
  package func patient(
    externalID: String?, email: String?, firstName: String, lastName: String
  ) -> UniqueID? {
    if let externalID, !externalID.isEmpty { return id(type: "patient", key: "x\n\(externalID)") }
    guard let email, case let email = functions.emailNorm(email), !email.isEmpty else { return nil }
    let first = functions.nameNorm(firstName)
    let last = functions.nameNorm(lastName)
    return id(type: "patient", key: "e\n\(email)\n\(first)\n\(last)")
  }

  /// The id of an imported appointment.
  /// - Parameter sourceID: its id in the system from which it comes.
  package func appointment(clinic: UniqueID, sourceID: String) -> UniqueID {
    id(type: "appointment", key: "x\n\(clinic)\n\(sourceID)")
  }

  /// The id of the record of a cancellation.
  /// - Parameter cause: its ordinal among those of the appointment, or what caused it.
  package func cancellation(appointment: UniqueID, cause: String) -> UniqueID {
    id(type: "cancellation", key: "x\n\(appointment)\n\(cause)")
  }
}
