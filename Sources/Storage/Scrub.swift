import Causality
import Documents
import JSON
import Platform
import Synchronization

/// Where a scrub stands: first the documents' files by type and id, then the pages of the index, then the
/// feed, then from the beginning again.
package struct ScrubCursor: Sendable, Equatable {
  /// The document that was checked last; nil at the beginning of the type.
  var last: UniqueID?
  /// The type that is checked; nil while pages are.
  var type: String?
  /// The page of the index that is checked next.
  var page = 1
  /// The document of the feed that is checked next, counted from 0 on; nil while something else is
  /// checked.
  var arrival: Int?
  /// How often everything was checked.
  package private(set) var rounds = 0

  package init() {}

  mutating func beginType(_ name: String?) { (type, last, page, arrival) = (name, nil, 1, nil) }

  mutating func endRound() {
    let rounds = rounds + 1
    self = ScrubCursor()
    self.rounds = rounds
  }
}

/// When the next piece of a scrub is due: so that everything is read once in seven days, and at most
/// one part in a hundred of a core is used.
package enum ScrubSchedule {
  private static let roundMilliseconds: UInt64 = 7 * 86_400_000
  private static let idleParts: UInt64 = 100

  /// - Parameters:
  ///   - pieces: how many pieces there are.
  ///   - last: how long the last one took, in milliseconds.
  /// - Returns: the pause before the next piece, in milliseconds.
  package static func pause(pieces: Int, last: UInt64) -> UInt64 {
    max(roundMilliseconds / UInt64(max(1, pieces)), last * idleParts)
  }
}

extension Store {
  private static let documentsPerPiece = 64
  private static let pagesPerPiece = 256

  /// How many pieces a whole scrub has. O(types).
  package var scrubPieceCount: Int {
    state.withLock { state in
      guard let base = state.tables.base else { return 1 }
      let documents = base.typeNames.reduce(0) { $0 + base.count(ofType: $1) }
      let arrivals = base.directory.feedFiles.isEmpty ? 0 : base.feedCount
      return (documents + arrivals) / Self.documentsPerPiece
        + base.file.pageCount / Self.pagesPerPiece + 2
    }
  }

  /// Reads the next piece of the store from the disk and compares it with what was written. No lock is
  /// held while it reads; what a checkpoint replaced meanwhile is no damage.
  ///
  /// What is found is kept in `found`.
  package func scrub(_ cursor: inout ScrubCursor) {
    let base = state.withLock { $0.tables.base }
    guard let base else { return cursor.endRound() }
    if let arrival = cursor.arrival { return scrubFeed(from: arrival, base, &cursor) }
    let types = base.typeNames.sorted(by: utf8Less)
    if cursor.page == 1, cursor.type == nil, let first = types.first { cursor.beginType(first) }
    if let type = cursor.type {
      scrubDocuments(type, base, &cursor)
      if cursor.last == nil { cursor.beginType(types.first { utf8Less(type, $0) }) }
      if cursor.type == nil { scrubPages(base, &cursor) }
    } else {
      scrubPages(base, &cursor)
    }
  }

  /// Leaves no last document at the end of the type.
  private func scrubDocuments(
    _ type: String, _ base: IndexSnapshot, _ cursor: inout ScrubCursor
  ) {
    do throws(StorageError) {
      var place = 0
      if let last = cursor.last {
        place = try base.place(ofType: type, notBefore: last)
        if try base.entries(ofType: type, from: place, limit: 1).first?.id == last { place += 1 }
      }
      let entries = try base.entries(ofType: type, from: place, limit: Self.documentsPerPiece)
      for entry in entries { check(DocumentKey(type: type, id: entry.id), entry.file) }
      cursor.last = entries.count < Self.documentsPerPiece ? nil : entries.last?.id
    } catch {
      note(error)
      cursor.last = nil
    }
  }

  private func check(_ key: DocumentKey, _ image: FileImage) {
    do throws(StorageError) { _ = try reader.bytes(key, .file(image)) } catch {
      let place = state.withLock { state in try? state.tables.entry(key)?.place }
      if place == .file(image) { note(error) }
    }
  }

  private func scrubPages(_ base: IndexSnapshot, _ cursor: inout ScrubCursor) {
    let last = min(base.file.pageCount, cursor.page + Self.pagesPerPiece - 1)
    let errors = base.file.damagedPages(cursor.page..<(last + 1))
    if state.withLock({ $0.tables.base === base }) { for error in errors { note(error) } }
    cursor.page = last + 1
    guard cursor.page > base.file.pageCount else { return }
    if base.directory.feedFiles.isEmpty { cursor.endRound() } else { cursor.arrival = 0 }
  }

  private func scrubFeed(from arrival: Int, _ base: IndexSnapshot, _ cursor: inout ScrubCursor) {
    let end = min(base.feedCount, max(0, arrival) + Self.documentsPerPiece)
    do throws(StorageError) {
      let check = try FeedCheck(base, layout: layout, environment: environment)
      let errors = try check.problems(min(max(0, arrival), end)..<end).errors
      if state.withLock({ $0.tables.base === base }) { for error in errors { note(error) } }
    } catch {
      note(error)
    }
    if end == base.feedCount { cursor.endRound() } else { cursor.arrival = end }
  }

  private func note(_ error: StorageError) {
    let problem = VerificationProblem(
      file: error.path, offset: error.offset, what: error.problem)
    scrubbed.withLock { found in if !found.contains(problem) { found.append(problem) } }
  }

  /// What scrubbing has found since the store was opened.
  package var found: [VerificationProblem] { scrubbed.withLock { $0 } }
}

extension ScrubCursor {
  package var bytes: [UInt8] {
    var object: JSONObject = ["page": .int(page), "rounds": .int(rounds)]
    object["type"] = type.map { .string($0) }
    object["last"] = last.map { .string($0.description) }
    object["arrival"] = arrival.map { .int($0) }
    return JSONValue.object(object).bytes
  }

  /// Anything that cannot be read begins anew.
  package init(_ bytes: [UInt8]) {
    self.init()
    guard let object = (try? JSONValue(parsing: bytes))?.objectValue else { return }
    page = max(1, object["page"]?.intValue ?? 1)
    rounds = max(0, object["rounds"]?.intValue ?? 0)
    type = object["type"]?.stringValue
    arrival = object["arrival"]?.intValue
    last = object["last"]?.stringValue.flatMap { UniqueID($0) }
  }
}
