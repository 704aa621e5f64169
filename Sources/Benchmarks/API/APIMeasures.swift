/// The measures of the group `api`, and what is promised of each: of 100,000 patients and 100,000 appointments.
enum APIMeasures {
  /// Patients of a CSV file, durable in an empty store.
  static let csv = Measure("csv_per_s", "per_s", .higher, .value, 40_000)
  /// A page of patients by a word of their names.
  static let search = Measure("search_ms", "ms", .lower, .value, 5)
  /// One document over a connection that stays open.
  static let read = Measure("read_us", "us", .lower, .value, 100)
  static let dashboard = Measure("dashboard_ms", "ms", .lower, .value, 5)
  /// The booked and free times of a doctor's week.
  static let week = Measure("week_ms", "ms", .lower, .value, 2)

  static let all = [csv, search, read, dashboard, week]
}
