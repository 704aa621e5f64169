import Causality
import Clinic
import HTTP
import JSON
import Replica
import Server

extension Trials {
  private var here: TestAccount { clinics.here }

  /// What can be done with documents besides the five methods.
  func ofAction(_ row: PermissionTable.Row) throws -> Trial? {
    let segments = row.path.split(separator: "/").map(String.init)
    switch (segments.dropFirst().first, segments.last) {
    case ("patients", let action?): return try ofPatient(action, row)
    case ("invites", let action?): return try ofInvite(action, row)
    case ("generate_invite", _), ("bulk_invite", _): return try inviting(row)
    case ("appointments", let action?): return try ofAppointment(action, row)
    case ("intake", _):
      return act("intake_form", try here.make("intake_form"), row)
    case ("review", "resolve"):
      return act("review item", try here.reviewItem(), row, ["action": "dismiss"])
    case ("review", _), ("devices", "devices"): return Trial(Asking("GET", row.path))
    case ("devices", _): return act("device", try here.device().id.description, row)
    case ("dashboard", _): return asking("clinic_id", "clinic", row)
    case ("reports", _): return asking("provider_id", "user", row)
    case ("schedule", _): return schedule(row)
    default: return nil
    }
  }

  private func act(
    _ kind: String, _ id: String, _ row: PermissionTable.Row, _ body: JSONObject? = nil
  ) -> Trial {
    Trial(kind, id) { Asking(row.method, row.path.replacing("{id}", with: $0), body) }
  }

  /// A field of the query that names a document, if the caller wants.
  private func asking(_ field: String, _ kind: String, _ row: PermissionTable.Row) -> Trial {
    var trial = Trial(Asking("GET", row.path))
    trial.named = [.init(kind: kind) { Asking("GET", row.path).with(field, $0) }]
    return trial
  }

  private func schedule(_ row: PermissionTable.Row) -> Trial {
    let ask = { (doctor: String) in
      Asking("GET", row.path).with("doctor_id", doctor).with("from", "2031-01-01")
    }
    var trial = Trial(ask(here.standing["doctor"] ?? ""))
    trial.named = [.init(kind: "doctor", ask: ask)]
    return trial
  }

  // MARK: - Patients and invites

  private func ofPatient(_ action: String, _ row: PermissionTable.Row) throws -> Trial {
    switch action {
    case "bulk":
      return naming(Samples.references(of: "patient"), here.fields("patient")) { fields in
        Asking("POST", row.path, ["patients": [.object(fields)]])
      }
    case "import-csv":
      var asking = Asking("POST", row.path)
      asking.headers = ["Content-Type": "text/csv"]
      asking.body = Array("first_name,last_name\nAda,\(here.newID())\n".utf8)
      return Trial(asking)
    case "timeline": return act("patient", here.standing["patient"] ?? "", row)
    case "merge":
      let (patient, other) = (try here.make("patient"), try here.make("patient"))
      var trial = act("patient", patient, row, ["into": .string(other)])
      trial.named = [
        .init(kind: "patient") { id in
          Asking(
            "POST", row.path.replacing("{id}", with: patient), ["into": .string(id)])
        }
      ]
      return trial
    default: return act("patient", try here.mergedPatient(), row)
    }
  }

  private func ofInvite(_ action: String, _ row: PermissionTable.Row) throws -> Trial? {
    let invite = try here.invite(to: try here.make("patient"))
    switch action {
    case "verify": return Trial(Asking("POST", row.path, ["token": .string(invite.token)]))
    case "accept":
      let form: JSONObject = [
        "token": .string(invite.token), "password": .string(TestAccount.password), "name": "Ada",
      ]
      return Trial(Asking("POST", row.path, form))
    default: return act("invite", invite.id, row)
    }
  }

  private func inviting(_ row: PermissionTable.Row) throws -> Trial {
    let provider = here.standing["user"] ?? ""
    let patient = try here.make("patient", ["clinician_id": .string(provider)])
    let isOne = row.path.hasSuffix("generate_invite")
    func form(_ patient: String, _ provider: String) -> Asking {
      let id = JSONValue.string(patient)
      let patients: JSONObject = isOne ? ["patient_id": id] : ["patient_ids": [id]]
      return Asking("POST", row.path, patients.adding("provider_id", .string(provider)))
    }
    var trial = Trial(form(patient, provider))
    if row.variant != "by a provider" {
      trial.named.append(.init(kind: "patient") { form($0, provider) })
    }
    if row.variant != "to a patient" {
      trial.named.append(.init(kind: "user") { form(patient, $0) })
    }
    return trial
  }

  // MARK: - Appointments

  private func ofAppointment(_ action: String, _ row: PermissionTable.Row) throws -> Trial {
    let id = try here.make("appointment")
    let key = UniqueID(id) ?? here.newID()
    switch action {
    case "reschedule":
      let date = Samples.date(Int(key.low & 0xffff))
      return act("appointment", id, row, ["date": .string(date), "start_time": "14:00"])
    case "cancel": return act("appointment", id, row, ["type": "other"])
    case "reinstate": _ = try here.replica.cancel(key, type: "other")
    default: break
    }
    return act("appointment", id, row)
  }
}

extension JSONObject {
  func adding(_ name: String, _ value: JSONValue) -> JSONObject {
    var object = self
    object[name] = value
    return object
  }
}
