/// The measures of the group `merge`, and what is promised of each.
enum MergeMeasures {
  /// The join of two documents of about 600 bytes, one unit of which was written concurrently.
  static let join = Measure("join_us", "us", .lower, .value, 1)
  /// Documents of a change-set without conflicts, joined into as many in memory.
  static let apply = Measure("apply_per_s", "per_s", .higher, .value, 400_000)
  /// Bringing the review list up to date after a write, in a store of 100,000 appointments.
  static let reviewWrite = Measure("review_write_us", "us", .lower, .value, 20)
  /// Making that list from nothing.
  static let reviewBuild = Measure("review_build_s", "s", .lower, .value, 1)

  static let all = [join, apply, reviewWrite, reviewBuild]
}
