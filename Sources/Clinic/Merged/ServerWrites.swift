import Causality
package import Documents
package import JSON

/// A fact that only the server writes (DESIGN, rule 22): some fields of a document that should be so.
package struct ServerWrite: Sendable {
  package let key: DocumentKey
  /// Together with the document's other fields.
  package let fields: JSONObject
}

extension MergedClinic {
  /// What the server should write because of documents, and what it should write to them: the difference
  /// between what is and what the merged state demands (MERGE, rules I6, I7, A19, P7, U2). The same
  /// wherever and however often it is worked out; empty once it is written.
  package func serverWrites(because keys: [DocumentKey]) -> [ServerWrite] {
    keys.flatMap(serverWrites) + questionsToNumber(among: keys)
  }

  private func serverWrites(because key: DocumentKey) -> [ServerWrite] {
    guard let subject = living(key) else { return [] }
    switch key.type {
    case "invite": return invitesToEnd(beside: subject)
    case "appointment": return codesToChange(beside: subject)
    case "user": return usersToSuspend(beside: subject)
    case "patient": return claimsToSuspend(of: subject) + invitesToEnd(of: subject)
    default: return []
    }
  }

  /// One invite of a patient is pending: the others are superseded by it, or by one that was accepted.
  private func invitesToEnd(beside invite: Subject) -> [ServerWrite] {
    living("patient", invite.text("patient_id")).map(invitesToEnd(of:)) ?? []
  }

  private func invitesToEnd(of patient: Subject) -> [ServerWrite] {
    samePatient(patient.key).flatMap { patient in
      living(.invitePatient, patient.id.description)
    }.compactMap { invite in
      guard invite.text("status") == "pending", case let meaning = InviteMeaning(invite, self),
        let reason = meaning.reason, InviteLifeCycle.consequences.contains(reason)
      else { return nil }
      var fields: JSONObject = [
        "status": "revoked", "revoke_reason": .string(reason),
        "revoked_at": .string(
          Timestamp.text(milliseconds: invite.document.origin.stamp.milliseconds)),
      ]
      fields["superseded_by"] = meaning.supersededBy.map { .string($0.key.id.description) }
      return ServerWrite(key: invite.key, fields: fields)
    }
  }

  /// Of several appointments with one code the first keeps it. The others get new ones; the old one
  /// stays theirs as well.
  private func codesToChange(beside appointment: Subject) -> [ServerWrite] {
    guard let code = appointment.text("confirmation_code") else { return [] }
    let same = living(.appointmentCode, code)
      .sorted { $0.document.comesBefore($1.document) }
    return same.dropFirst().map { later in
      var aliases = later.fields["code_aliases"]?.arrayValue ?? []
      if !aliases.contains(where: { $0.stringValue == code }) { aliases.append(.string(code)) }
      return ServerWrite(
        key: later.key,
        fields: [
          "confirmation_code": .string(unusedCode(for: later.key.id)),
          "code_aliases": .array(aliases),
        ])
    }
  }

  private func unusedCode(for id: UniqueID) -> String {
    var attempt = 1
    while true {
      let code = ConfirmationCode(id: id, attempt: attempt, sha256: functions.sha256).text
      if living(.appointmentCode, code).isEmpty { return code }
      attempt += 1
    }
  }

  /// Each question gets a number that no other has or had, in the order of their creation. Of several
  /// with one number the first keeps it.
  private func questionsToNumber(among keys: [DocumentKey]) -> [ServerWrite] {
    var waiting: [DocumentKey: Subject] = [:]
    for key in keys where key.type == "chat_question" {
      for subject in living(key).map(withoutNumber) ?? [] { waiting[subject.key] = subject }
    }
    var last = 0
    return waiting.values.sorted { $0.document.comesBefore($1.document) }.map { question in
      repeat { last += 1 } while !self.keys("chat_question", index: "number", "\(last)").isEmpty
      return ServerWrite(key: question.key, fields: ["number": .int(last)])
    }
  }

  /// Of a question and those with the same number, all that should get another.
  private func withoutNumber(_ question: Subject) -> [Subject] {
    guard let number = question.fields["number"]?.intValue else { return [question] }
    let same = living("chat_question", index: "number", "\(number)")
    return Array(same.sorted { $0.document.comesBefore($1.document) }.dropFirst())
  }

  /// Of several users with one address only the first can log in.
  private func usersToSuspend(beside user: Subject) -> [ServerWrite] {
    living(.userEmail, user.text("email").map(functions.emailNorm))
      .sorted { $0.document.comesBefore($1.document) }
      .dropFirst().compactMap(suspension)
  }

  /// Of several people who claim one chart only the first can log in.
  private func claimsToSuspend(of patient: Subject) -> [ServerWrite] {
    let claims = patient.document.versions(of: "user_id").compactMap {
      $0.value["user_id"]?.stringValue
    }
    guard Set(claims).count > 1 else { return [] }
    return Set(claims).compactMap { living("user", $0) }
      .sorted { $0.document.comesBefore($1.document) }
      .dropFirst().compactMap(suspension)
  }

  private func suspension(of user: Subject) -> ServerWrite? {
    user.text("status") == "suspended"
      ? nil : ServerWrite(key: user.key, fields: ["status": "suspended"])
  }
}
