package import Causality
package import Clinic
package import Documents
import JSON

/// What is on at the clinics now, counted.
package struct Dashboard: Sendable {
  /// The day of each clinic, which may differ with their zones.
  package var dates: [String] = []
  package var day = DayCounts()
  package var pendingInvites = 0
  /// Of the pending ones: those that end within `expiringDays`.
  package var expiringInvites = 0
  /// Patients by their status.
  package var patients: [String: Int] = [:]
  /// Patients who came within `newDays`.
  package var newPatients = 0
  package var reviewItems = 0

  package static let expiringDays: UInt64 = 3
  package static let newDays: UInt64 = 30
}

extension Replica {
  /// What a dashboard shows.
  package struct DashboardQuery: Sendable {
    /// Of this clinic only.
    package var clinic: UniqueID?
    /// Instead of each clinic's today.
    package var date: CivilDate?
    /// Whether the one who asks may see a document; nil for all.
    package var isVisible: (@Sendable (MergedClinic, Document) -> Bool)?

    package init() {}
  }

  /// Counts what is on. O(appointments of the day + rows of patients and invites); for somebody who may not
  /// see all, O(documents of these types).
  package func dashboard(_ query: DashboardQuery) throws(ReplicaError) -> Dashboard {
    var dashboard = Dashboard()
    try addAppointments(query, &dashboard)
    try addInvites(query, &dashboard)
    try addPatients(query, &dashboard)
    dashboard.reviewItems = try reviewItems().count
    return dashboard
  }

  private func addAppointments(
    _ query: DashboardQuery, _ dashboard: inout Dashboard
  ) throws(ReplicaError) {
    let clinics = try documents(matching: ListQuery(type: "clinic")).map(\.key)
      .filter { query.clinic == nil || $0.id == query.clinic }
    let days = try looking { (clinic) throws(ReplicaError) in
      clinics.compactMap { key in
        (query.date ?? clinic.today(at: key)).map { date in
          let counts = clinic.counts(at: key, on: date) { document in
            query.isVisible?(clinic, document) ?? true
          }
          return (date.text, counts)
        }
      }
    }
    dashboard.dates = Set(days.map(\.0)).sorted(by: utf8Less)
    for (_, counts) in days { dashboard.day.add(counts) }
  }

  private func addInvites(
    _ query: DashboardQuery, _ dashboard: inout Dashboard
  ) throws(ReplicaError) {
    let now = now()
    let soon = now + Dashboard.expiringDays * 86_400_000
    let statuses = statusNames(ofType: "invite")
    let pending = statuses.firstIndex(of: "pending").map(UInt8.init)
    try count("invite", query) { row in
      guard row.status == pending, row.end >= now else { return }
      dashboard.pendingInvites += 1
      if row.end < soon { dashboard.expiringInvites += 1 }
    }
  }

  private func addPatients(
    _ query: DashboardQuery, _ dashboard: inout Dashboard
  ) throws(ReplicaError) {
    let now = now()
    let since = now - min(now, Dashboard.newDays * 86_400_000)
    let statuses = statusNames(ofType: "patient")
    var counts = statuses.map { _ in 0 }
    try count("patient", query) { row in
      counts[Int(row.status)] += 1
      if row.stamp.milliseconds >= since { dashboard.newPatients += 1 }
    }
    for (status, count) in zip(statuses, counts) where count > 0 {
      dashboard.patients[status] = count
    }
  }

  /// By the numbers that statuses have in rows.
  private func statusNames(ofType type: String) -> [String] {
    [""] + (catalogue.type(named: type).map(RowShape.statuses) ?? [])
  }

  /// Looks at what the rows of a type hold of each document that the one who asks may see.
  private func count(
    _ type: String, _ query: DashboardQuery, _ body: (RowTable.Row) -> Void
  ) throws(ReplicaError) {
    guard let definition = catalogue.type(named: type) else { return }
    guard let isVisible = query.isVisible else {
      return try rowTables.look(at: definition, self) { table in
        for row in table.shown { body(row) }
      }
    }
    let shape = RowShape(definition)
    let documents = try documents(matching: ListQuery(type: type), where: isVisible)
    let rows = try looking { (clinic) throws(ReplicaError) in
      documents.compactMap { shape.row($0, clinic) }
    }
    for row in rows { body(row) }
  }
}

extension DayCounts {
  fileprivate mutating func add(_ other: DayCounts) {
    byStatus.merge(other.byStatus, uniquingKeysWith: +)
    arrivals += other.arrivals
    missingIntakes += other.missingIntakes
  }
}
