import Clinic
import Documents
import JSON
import Storage

/// What a checkpoint notes of the review list: enough to make it again from what was written since.
struct SavedReviewList {
  static let name = "review"

  /// To be raised when the rules of reviewing change: what another program noted is not used.
  private static let rulesVersion = 3

  /// Days since 1970.
  let day: Int
  /// Those that take part in an item, and those to which a change elsewhere does not lead.
  let documents: [DocumentKey]

  init(day: Int, documents: [DocumentKey]) {
    self.day = day
    self.documents = documents
  }

  /// Nil if it was noted under other rules.
  init?(_ value: JSONValue?, _ functions: ClinicFunctions) {
    guard let object = value?.objectValue, let day = object["day"]?.intValue,
      object["rules"]?.stringValue == Self.rules(functions),
      let values = object["documents"]?.arrayValue
    else { return nil }
    let documents = values.compactMap { DocumentKey(reviewValue: $0) }
    guard documents.count == values.count else { return nil }
    self.init(day: day, documents: documents)
  }

  func value(_ functions: ClinicFunctions) -> JSONValue {
    [
      "day": .int(day), "rules": .string(Self.rules(functions)),
      "documents": .array(documents.map(\.reviewValue)),
    ]
  }

  private static func rules(_ functions: ClinicFunctions) -> String {
    "\(rulesVersion) \(Catalogue.version) \(functions.zoneDataVersion)"
  }
}

extension Replica {
  /// The review list by what the last checkpoint noted; nil if it noted nothing that can be used.
  /// O(items + what was written since).
  func savedReviewIndex(day: Int) throws(ReplicaError) -> ReviewIndex? {
    try read { (tables) throws(ReplicaError) -> ReviewIndex? in
      guard let covered = tables.checkpointHead,
        let saved = SavedReviewList(tables.notes[SavedReviewList.name], world.clinic),
        saved.day <= day
      else { return nil }
      let all = copy tables
      guard var written = try Self.written(in: all, after: covered) else { return nil }
      if saved.day != day { try addInvites(of: all, to: &written) }
      return try withReviewer(of: all, day: day) { reviewer in
        var index = ReviewIndex(of: saved.documents, reviewer)
        index.update(after: written, reviewer, isNewDay: saved.day != day)
        return index
      }
    }
  }

  /// What was written since a checkpoint, each document as the checkpoint left it; nil if that is too much, or if a
  /// later checkpoint that was cut off has put newer files in their place.
  private static func written(
    in tables: Tables, after covered: UInt64
  ) throws(ReplicaError) -> [DocumentKey: [Document?]]? {
    do throws(StorageError) {
      var written: [DocumentKey: [Document?]] = [:]
      let arrivals = try tables.arrivals(after: covered, limit: ReviewList.mostWrites + 1)
      guard arrivals.count <= ReviewList.mostWrites else { return nil }
      for arrival in arrivals { written[arrival.key] = [try tables.checkpointed(arrival.key)] }
      return written
    } catch {
      if error.code == .corrupt { return nil }
      throw .storage(error)
    }
  }

  /// An invite ends with its time, though nobody writes.
  func addInvites(
    of tables: Tables, to written: inout [DocumentKey: [Document?]]
  ) throws(ReplicaError) {
    let invites = try stored { () throws(StorageError) in
      try tables.documents(ofType: "invite")
    }
    for invite in invites { written[invite.key, default: []].append(invite) }
  }
}
