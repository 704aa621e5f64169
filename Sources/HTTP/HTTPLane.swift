/// Requests that wait for one another, and not for those of other lanes: worker threads take turns between
/// the lanes that have work.
package struct HTTPLane: Sendable, Hashable {
  let name: String
  /// How many of its requests are handled at once.
  let width: Int
  /// How many may wait besides; one more is answered 503 at once.
  let maximumWaitingCount: Int

  /// - Parameters:
  ///   - name: lanes of one name are one lane; the width is the same for all of them.
  ///   - width: at least 1.
  package init(_ name: String, width: Int, maximumWaitingCount: Int = .max) {
    precondition(width > 0, "a lane without a width never moves")
    (self.name, self.width) = (name, width)
    self.maximumWaitingCount = maximumWaitingCount
  }

  /// Of requests that need no turns of their own.
  package static let common = HTTPLane("", width: .max)
}
