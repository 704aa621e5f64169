import API
import Causality
import Dispatch
import Documents
import HTTP
import JSON
import Platform
import Replica
import Synchronization

/// Makes summaries of intake forms when somebody asks for one: in the document, first `generating`, then
/// `generated` or `failed`. One after the other. What is under way when the server stops stays `generating`, and
/// may be asked for again.
final class Summarizer: Sendable {
  private let model: SummaryModel
  private let work = DispatchQueue(label: "summaries")
  /// The summaries that wait or are being made.
  private let open = Mutex<Set<DocumentKey>>([])

  init(_ model: SummaryModel) { self.model = model }

  var route: Route {
    Route("POST", "/api/intake/{id}/summary", .staff, "Ask for a summary of an intake form") {
      [self] (call) throws(APIError) in try order(call)
    }.givesDocument("ai_intake_summary", status: 202).refuses(409, 422)
  }

  private func order(_ call: APICall) throws(APIError) -> HTTPResponse {
    let form = try call.visibleDocument("intake_form", try call.id("id"))
    let fields = call.replica.view(form)
    guard fields["status"]?.stringValue != "pending" else {
      throw APIError(409, "conflict", "the form is not filled in yet")
    }
    guard fields["appointment_id"] != nil else {
      throw .invalid("appointment_id", "is required: a summary is for the doctor of a visit")
    }
    let replica = call.replica
    let key = try answering { () throws(ReplicaError) in
      try replica.transact { (transaction) throws(ReplicaError) in
        try self.begin(form.key, fields, replica, &transaction)
      }
    }
    let isNew = open.withLock { $0.insert(key).inserted }
    if isNew {
      let answers = fields["raw_answers"]?.objectValue ?? JSONObject()
      let user = call.caller.user
      work.async { [self] in make(key, answers, replica, by: user) }
    }
    return try call.answer(202, key)
  }

  /// The summary of a form, marked as being made.
  /// - Throws: `conflict` if there is one that people may rely on.
  private func begin(
    _ form: DocumentKey, _ fields: JSONObject, _ replica: Replica,
    _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> DocumentKey {
    let old = try transaction.living(
      among: transaction.documents(
        ofType: "ai_intake_summary", index: "intake_form_id", key: form.id.description)
    ).min { $0.key < $1.key }
    let status = old.flatMap { transaction.fields($0)["status"]?.stringValue }
    if status == "generated" || status == "edited" {
      throw .conflict("the form has a summary already; delete it to have another made")
    }
    let patch = Self.fields("generating", text: "The summary is being made.", model.name)
    if let old {
      try replica.update(old.key, patch: patch, in: &transaction)
      return old.key
    }
    var input = patch
    for name in ["clinic_id", "patient_id", "appointment_id"] { input[name] = fields[name] }
    input["intake_form_id"] = .string(form.id.description)
    return try replica.create(input, type: "ai_intake_summary", in: &transaction)
  }

  private static func fields(_ status: String, text: String, _ model: String) -> JSONObject {
    [
      "status": .string(status), "summary_text": .string(text),
      "model_version": .string(String(model.prefix(50))),
    ]
  }

  private func make(
    _ key: DocumentKey, _ answers: JSONObject, _ replica: Replica, by user: UniqueID?
  ) {
    defer { _ = open.withLock { $0.remove(key) } }
    var patch: JSONObject
    do {
      let summary = try model.summary(of: answers)
      patch = Self.fields("generated", text: summary.text, model.name)
      patch["patient_concerns"] = .array(summary.concerns.map(JSONValue.string))
      patch["medications"] = .array(summary.medications.map(JSONValue.string))
      patch["allergies"] = .array(summary.allergies.map(JSONValue.string))
      patch["key_notes"] = summary.keyNotes.map(JSONValue.string) ?? .null
    } catch {
      patch = Self.fields("failed", text: "There is no summary: \(error.words).", model.name)
    }
    patch["generated_at"] = .string(Timestamp.text(milliseconds: replica.now()))
    write(patch, to: key, replica, by: user)
  }

  /// Whoever wrote a summary meanwhile is right (MERGE, rule F2). What cannot be written now stays
  /// `generating`: it may be asked for again.
  private func write(
    _ patch: JSONObject, to key: DocumentKey, _ replica: Replica, by user: UniqueID?
  ) {
    try? Replica.$actingUser.withValue(user) {
      _ = try replica.transact { (transaction) throws(ReplicaError) in
        guard let document = try transaction.living(key),
          transaction.fields(document)["status"]?.stringValue == "generating"
        else { return }
        try replica.update(key, patch: patch, in: &transaction)
      }
    }
  }
}
