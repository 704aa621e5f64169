import JSON

/// A file of appointments: a header that names the columns in any order, and a line for each visit.
///
/// The columns `appointment_id`, `patient_id`, `appointment_date` and `appointment_time` must be
/// there; `status`, `check_in_time` and what `AppointmentLine.fieldColumns` lists are understood;
/// all others are kept under names that no field of ours has.
package struct AppointmentFile: Sendable {
  package static let requiredColumns = [
    "appointment_id", "patient_id", "appointment_date", "appointment_time",
  ]

  /// Other names of the columns.
  private static let aliases = ["date": "appointment_date", "time": "appointment_time"]

  package let table: CSVTable
  package let settings: AppointmentFileSettings
  private let columns: [Column]
  private let columnByName: [String: String]

  private struct Column: Sendable {
    /// As the file calls it.
    let column: String
    /// The field that keeps what we have no use for.
    let extraField: String
    let isUnderstood: Bool
  }

  /// Reads the header.
  /// - Parameter map: the file's columns and what we call them; also the settings.
  /// - Throws: if nothing in the file can be used, or the map is wrong.
  package init(
    _ csv: [UInt8], map: [String: String], catalogue: Catalogue
  ) throws(CSVHeaderError) {
    table = try CSVTable(csv)
    settings = try AppointmentFileSettings(map)
    let entries = map.sorted { utf8Less($0.key, $1.key) }
    let map = Dictionary(
      entries.map { (trimmed($0.key).lowercased(), $0.value) },
      uniquingKeysWith: { first, _ in first })
    let type = catalogue.type(named: "appointment") ?? .appointment
    var columns: [Column] = []
    var columnByName: [String: String] = [:]
    for column in table.columns {
      let mapped = map[column] ?? column
      let name = Self.aliases[mapped] ?? mapped
      if let other = columnByName[name] {
        throw CSVHeaderError(
          line: 1, what: "header: the columns \"\(other)\" and \"\(column)\" both mean \(name)")
      }
      if let what = CSVCell.problem(ofColumn: name) { throw CSVHeaderError(line: 1, what: what) }
      columnByName[name] = column
      columns.append(
        Column(
          column: column, extraField: Self.extraField(name, type),
          isUnderstood: AppointmentLine.isUnderstood(name)))
    }
    self.columns = columns
    self.columnByName = columnByName
    let missing = Self.requiredColumns.filter { columnByName[$0] == nil }
    guard missing.isEmpty else {
      throw CSVHeaderError(
        line: 1, what: "header: there is no column \(missing.joined(separator: " and no column "))")
    }
  }

  /// What a line says. O(columns).
  package func line(_ record: CSVRecord) -> AppointmentLine {
    let cells = columnByName.compactMapValues { column in
      record[column].map(trimmed).flatMap { $0.isEmpty ? nil : $0 }
    }
    var extra = JSONObject()
    for column in columns where !column.isUnderstood {
      guard let text = record[column.column], !trimmed(text).isEmpty else { continue }
      extra.append(column.extraField, .string(text))
    }
    return AppointmentLine(cells: cells, extra: extra, settings: settings)
  }

  private static let extraFields = [
    "start_time": "actual_start_time", "end_time": "actual_end_time",
    "appointment_duration": "actual_duration",
  ]

  /// A name that is none of the type's fields and none of the engine's.
  private static func extraField(_ name: String, _ type: TypeDefinition) -> String {
    if let known = extraFields[name] { return known }
    let isTaken = type.field(named: name) != nil || Envelope.contains(name)
    return isTaken || Envelope.isComputed(name) ? "source_\(name)" : name
  }
}

/// How a file of appointments is to be read, besides the names of its columns.
package struct AppointmentFileSettings: Sendable {
  /// What stands before a patient's number in the patient's `external_id`.
  package var patientPrefix = "MED-"
  /// Minutes, for lines that do not say.
  package var duration = 30

  /// - Parameter map: may hold `patient_prefix` and `duration`.
  init(_ map: [String: String]) throws(CSVHeaderError) {
    if let prefix = map["patient_prefix"] { patientPrefix = prefix }
    guard let text = map["duration"] else { return }
    guard let minutes = Int(text), AppointmentTimes.durationMinutes.contains(minutes) else {
      let range = AppointmentTimes.durationMinutes
      throw CSVHeaderError(
        line: 1,
        what: "the map's duration must be a number of minutes from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    duration = minutes
  }
}
