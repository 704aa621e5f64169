package import Causality
package import JSON

/// What an import of the earlier system's invites did.
package struct LegacyReport: Sendable, Equatable {
  /// Names the import, the same wherever the same files are imported; what takes it back names it.
  package let run: UniqueID
  package var invites = ImportReport()
  /// Nil without a file of chat sessions.
  package var chats: ImportReport?
  package var patientsCreated = 0
  /// Patients who were here already.
  package var patientsLinked = 0
  /// Pending invites that ended because another one of the patient counts.
  package var ended = 0
  /// Whether any document was written.
  package var hasWritten = false

  package init(run: UniqueID) { self.run = run }

  package var hasErrors: Bool { !invites.errors.isEmpty || !(chats?.errors.isEmpty ?? true) }

  package var value: JSONObject {
    var value: JSONObject = ["run": .string(run.description)]
    for member in invites.value.members { value.append(member.key, member.value) }
    value.append(
      "patients", ["created": .int(patientsCreated), "linked": .int(patientsLinked)])
    value.append("ended", .int(ended))
    value.append("chats", chats.map { .object($0.value) } ?? .null)
    return value
  }
}
