import Causality
import Documents
import JSON
import Platform

/// A place in a store where something is wrong.
package struct VerificationProblem: Sendable, Equatable {
  package let file: String
  /// In bytes; nil where the whole file is meant.
  package let offset: Int?
  package let what: String
}

/// What the verifier found.
package struct VerificationReport: Sendable {
  /// How many files and log records were checked.
  package var checked = 0
  package var problems: [VerificationProblem] = []
  package var isOK: Bool { problems.isEmpty }

  mutating func add(_ error: StorageError) {
    problems.append(
      VerificationProblem(file: error.path, offset: error.offset, what: error.problem))
  }
}

/// Checks every file and every log record of a store that is not open; changes nothing. O(store).
package struct Verifier {
  private let layout: StoreLayout
  private let environment: StoreEnvironment
  private var reader: RecoveryReader {
    RecoveryReader(layout: layout, environment: environment)
  }

  package init(layout: StoreLayout, environment: StoreEnvironment) {
    self.layout = layout
    self.environment = environment
  }

  package func verify() -> VerificationReport {
    var report = verify(identity: layout.identity)
    let copy = try? environment.fileSystem.status(layout.identityCopy)
    if copy != nil { checkIdentity(layout.identityCopy, &report) }
    return report
  }

  /// - Parameter path: where the store's identity is kept.
  func verify(identity path: String) -> VerificationReport {
    var report = VerificationReport()
    checkIdentity(path, &report)
    guard let manifest = check(&report, { () throws(StorageError) in try reader.readManifest() })
    else { return report }
    let logged = checkLog(manifest, &report)
    _ = check(&report) { () throws(StorageError) in try reader.readHistory(manifest) }
    checkJournal(manifest, &report)
    let known = manifest.isCheckpoint ? checkIndex(manifest, logged, &report) : []
    checkStrangers(known.union(logged), &report)
    if report.isOK { _ = check(&report) { () throws(StorageError) in try reader.read().tables } }
    return report
  }

  /// Checks the pages of the index, then each document's file against it.
  /// - Returns: the documents that it names.
  private func checkIndex(
    _ manifest: Manifest, _ logged: Set<DocumentKey>, _ report: inout VerificationReport
  ) -> Set<DocumentKey> {
    let index = check(&report) { () throws(StorageError) in try reader.index(manifest) }
    guard let index else { return documentKeysByFile() }
    let damaged = index.file.damagedPages()
    report.checked += index.file.pageCount
    for error in damaged { report.add(error) }
    guard damaged.isEmpty else { return documentKeysByFile() }
    checkFeed(index, &report)
    var comparison = IndexComparison(index, layout: layout, environment: environment)
    comparison.compare(without: logged, &report)
    if logged.isEmpty, comparison.root != manifest.documents.root {
      report.problems.append(
        VerificationProblem(
          file: layout.manifest, offset: nil, what: "names other documents than the index"))
    }
    return comparison.keys
  }

  private func checkFeed(_ index: IndexSnapshot, _ report: inout VerificationReport) {
    do throws(StorageError) {
      let check = try FeedCheck(index, layout: layout, environment: environment)
      let found = try check.problems(0..<index.feedCount)
      report.checked += found.read
      for error in found.errors { report.add(error) }
    } catch {
      report.add(error)
    }
  }

  private func checkJournal(_ manifest: Manifest, _ report: inout VerificationReport) {
    guard let journal = manifest.journal else { return }
    let reader = JournalReader(layout: layout, environment: environment)
    do throws(StorageError) {
      try reader.forEachRecord(journal, .all) { (record) throws(StorageError) in
        report.checked += 1
        do throws(StorageError) { _ = try reader.content(record, journal) } catch {
          report.add(error)
        }
      }
    } catch {
      report.add(error)
    }
  }

  /// What there is, where the index cannot tell.
  private func documentKeysByFile() -> Set<DocumentKey> {
    Set(documentFiles().compactMap(layout.key(ofFile:)))
  }

  private func checkIdentity(_ path: String, _ report: inout VerificationReport) {
    _ = check(&report) { () throws(StorageError) in
      let bytes = try translated { () throws(SystemError) in
        try environment.fileSystem.readFile(path)
      }
      return try StoreIdentity(parsing: bytes, path: path, seal: environment.seal)
    }
  }

  /// - Returns: the documents that the log holds.
  private func checkLog(
    _ manifest: Manifest, _ report: inout VerificationReport
  ) -> Set<DocumentKey> {
    let segments = check(&report) { () throws(StorageError) in
      try reader.segments(from: manifest.position.segment)
    }
    for segment in segments ?? [] {
      report.checked += segment.frameCount
      guard case .damaged(let offset, let what) = segment.end else { continue }
      report.problems.append(
        VerificationProblem(file: segment.path, offset: offset, what: what))
    }
    return reader.documentKeys(in: segments ?? [])
  }

  /// Documents' files that no manifest names: what was left by a checkpoint that did not end has a
  /// temporary name or is in the log; anything else was put there by somebody.
  private func checkStrangers(
    _ known: Set<DocumentKey>, _ report: inout VerificationReport
  ) {
    let files = documentFiles().filter { layout.isDocument($0) || layout.isForeignDocument($0) }
    let strangers = Set(files).subtracting(known.map(layout.file(of:)))
    for path in strangers.sorted(by: utf8Less) {
      report.problems.append(
        VerificationProblem(file: path, offset: nil, what: "belongs to no document of the store"))
    }
  }

  private func documentFiles() -> [String] {
    func children(_ directory: String) -> [String] {
      ((try? environment.fileSystem.contents(ofDirectory: directory)) ?? [])
        .map { "\(directory)/\($0)" }
    }
    return children(layout.documents).flatMap(children).flatMap(children)
  }

  private func check<Result>(
    _ report: inout VerificationReport, _ body: () throws(StorageError) -> Result
  ) -> Result? {
    report.checked += 1
    do { return try body() } catch {
      report.add(error)
      return nil
    }
  }
}
