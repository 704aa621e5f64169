package import Causality
package import JSON

/// A file of patients: a header that names the columns in any order, and a line for each patient.
///
/// Columns are called like the fields, or by an alias; others become fields of that name. Columns
/// that carry the engine's own names (`created_at`, …) are passed over; an `id` names the patient of an
/// export that comes back.
package struct PatientFile: Sendable {
  package static let requiredColumns = ["first_name", "last_name"]

  package let table: CSVTable
  private let columns: [Column]

  private struct Column: Sendable {
    let name: String
    let field: FieldDefinition?
  }

  /// Reads the header.
  /// - Throws: if nothing in the file can be used: it is empty, its header is malformed, or columns
  ///   are missing.
  package init(_ csv: [UInt8], catalogue: Catalogue) throws(CSVHeaderError) {
    table = try CSVTable(csv)
    let type = catalogue.type(named: "patient") ?? .patient
    columns = table.columns.filter { !Envelope.contains($0) }.map { name in
      Column(name: name, field: type.field(named: name))
    }
    let names = columns.map { $0.field?.name ?? $0.name }
    let missing = Self.requiredColumns.filter { !names.contains($0) }
    guard missing.isEmpty else {
      throw CSVHeaderError(
        line: 1, what: "header: there is no column \(missing.joined(separator: " and no column "))")
    }
    for column in columns {
      if let what = CSVCell.problem(ofColumn: column.name) {
        throw CSVHeaderError(line: 1, what: what)
      }
    }
  }

  /// What a line says of its patient. O(columns).
  package func line(_ record: CSVRecord) -> PatientLine {
    var fields = JSONObject()
    for column in columns {
      guard let text = record[column.name], let value = CSVCell.value(text, of: column.field)
      else { continue }
      fields.append(column.name, value)
    }
    let known = { (name: String) in
      columns.first { $0.field?.name == name && fields[$0.name] != nil }
        .flatMap { fields[$0.name]?.stringValue }
    }
    return PatientLine(
      id: record["id"].flatMap { UniqueID(trimmed($0)) }, fields: fields,
      externalID: known("external_id"), email: known("email"),
      firstName: known("first_name"), lastName: known("last_name"))
  }
}

/// What a line of a file says of one patient.
package struct PatientLine: Sendable {
  /// The patient that the line names by its id.
  package let id: UniqueID?
  /// The cells that are not blank, by column.
  package let fields: JSONObject
  package let externalID: String?
  package let email: String?
  package let firstName: String?
  package let lastName: String?

  init(
    id: UniqueID? = nil, fields: JSONObject, externalID: String?, email: String?,
    firstName: String?, lastName: String?
  ) {
    (self.id, self.fields, self.externalID) = (id, fields, externalID)
    (self.email, self.firstName, self.lastName) = (email, firstName, lastName)
  }

  /// Whether a patient with these fields is the one that the line means by e-mail and name: both
  /// are the same, and neither says that the chart is another one. Relatives share mail boxes, and
  /// some of them a name.
  package func meansByEmailAndName(_ other: JSONObject, functions: ClinicFunctions) -> Bool {
    guard let email, let firstName, let lastName,
      let otherEmail = other["email"]?.stringValue,
      let otherFirst = other["first_name"]?.stringValue,
      let otherLast = other["last_name"]?.stringValue
    else { return false }
    if let externalID, let chart = other["external_id"]?.stringValue,
      !utf8Equal(externalID, chart)
    {
      return false
    }
    return utf8Equal(functions.emailNorm(email), functions.emailNorm(otherEmail))
      && utf8Equal(functions.nameNorm(firstName), functions.nameNorm(otherFirst))
      && utf8Equal(functions.nameNorm(lastName), functions.nameNorm(otherLast))
  }

  /// The id of the patient if the line is the first that names it; nil if it must be a random one.
  package func stableID(_ ids: StableID) -> UniqueID? {
    ids.patient(
      externalID: externalID, email: email, firstName: firstName ?? "", lastName: lastName ?? "")
  }
}

extension PatientLine {
  /// The person whom an invite names by e-mail and name; nil if one of them is missing.
  package init?(inviting input: JSONObject) {
    let text = { (name: String) in
      input[name]?.stringValue.flatMap { trimmed($0).isEmpty ? nil : trimmed($0) }
    }
    guard let email = text("email"), let first = text("first_name"), let last = text("last_name")
    else { return nil }
    self.init(
      fields: [
        "email": .string(email), "first_name": .string(first), "last_name": .string(last),
      ], externalID: nil, email: email, firstName: first, lastName: last)
  }
}
