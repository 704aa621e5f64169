import Causality
import Clinic
import JSON
import Server

@testable import API

/// Makes the requests of the table's rows.
struct Trials {
  let clinics: TestClinics
  private var here: TestAccount { clinics.here }

  /// What a row sends for somebody who asks, with documents that nobody else changes; nil for a row that
  /// nothing is known of.
  func trial(_ row: PermissionTable.Row, _ asker: Asker) throws -> Trial? {
    for place in TypePath.all {
      let path = "/api/\(place.path)"
      if row.path == path { return try ofList(place.type, row) }
      if row.path == "\(path)/{id}" { return try ofDocument(place.type, row, asker) }
    }
    return try ofAction(row) ?? openly(row) ?? ofUsers(row)
  }

  // MARK: - The five methods

  private func ofList(_ type: String, _ row: PermissionTable.Row) throws -> Trial? {
    let references = Samples.references(of: type)
    if row.method == "GET" {
      var trial = Trial(Asking("GET", row.path))
      trial.named = references.map { reference in
        .init(kind: reference.type) { Asking("GET", row.path).with(reference.field, $0) }
      }
      return trial
    }
    var fields = here.fields(type)
    if row.variant == "with the role super_admin" { fields["role"] = "super_admin" }
    return naming(references, fields) { Asking("POST", row.path, $0) }
  }

  private func ofDocument(
    _ type: String, _ row: PermissionTable.Row, _ asker: Asker
  ) throws -> Trial? {
    let path = { (id: String) in row.path.replacing("{id}", with: id) }
    if row.method == "GET" {
      return Trial(type, shown(type, row, asker)) { Asking("GET", path($0)) }
    }
    let isGrand = row.variant == "of a super_admin"
    let id = try here.make(type, isGrand ? ["role": "super_admin"] : [:])
    if row.method == "DELETE" {
      return Trial(type, id) { id in
        let asking = Asking("DELETE", path(id))
        return row.variant == "for erasure" ? asking.with("reason", "erasure") : asking
      }
    }
    var fields = row.method == "PUT" ? here.fields(type) : Samples.change(type)
    if row.variant == "to the role super_admin" { fields["role"] = "super_admin" }
    var trial = Trial(type, id) { Asking(row.method, path($0), fields) }
    trial.named =
      naming(Samples.references(of: type), fields) {
        Asking(row.method, path(id), $0)
      }.named
    return trial
  }

  /// The document that is read.
  private func shown(_ type: String, _ row: PermissionTable.Row, _ asker: Asker) -> String {
    switch row.variant {
    case "of another patient":
      here.standing[type == "patient" ? "another patient" : "invite of another patient"] ?? ""
    case "of the caller": here.users[asker.role ?? .owner]?.user.description ?? ""
    default: here.standing[type] ?? ""
    }
  }

  /// A request whose body names documents, each of which is exchanged in turn.
  func naming(
    _ references: [(field: String, type: String)], _ fields: JSONObject,
    _ ask: @escaping (JSONObject) -> Asking
  ) -> Trial {
    var trial = Trial(ask(fields))
    trial.named = references.map { reference in
      .init(kind: reference.type) { id in
        var fields = fields
        fields[reference.field] = .string(id)
        return ask(fields)
      }
    }
    return trial
  }
}
