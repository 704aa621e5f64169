import Causality
package import Clinic
import Documents
import JSON

extension Replica {
  /// Imports the invites of the earlier system, where a person was an e-mail address and a name, and chat
  /// sessions that were linked to them (SCHEMA, section 13): each person becomes a patient or is found as one,
  /// and has the invites and chats. Importing the same files again changes nothing, and on another laptop it
  /// makes the same documents.
  ///
  /// One bad line never stops the others. Durable on return; up to 1,000 people at once, each with all of the
  /// file that is theirs.
  ///
  /// - Parameters:
  ///   - chats: a file of chat sessions; nil for none.
  ///   - isDryRun: whether only the report is made and nothing written.
  /// - Throws: `badFile` if nothing in a file can be used: nothing was imported. `storage`: what came before is
  ///   durable, and importing the files again goes on.
  package func importLegacyInvites(
    _ file: [UInt8], chats: [UInt8]? = nil, isDryRun: Bool = false
  ) throws(ReplicaError) -> LegacyReport {
    let ids = StableID(account: account, functions: world.clinic)
    var report = LegacyReport(run: legacyRun(file, chats, ids))
    if chats != nil { report.chats = ImportReport() }
    let invites = try self.invites(in: file, ids, &report)
    let writer = LegacyWriter(self, run: report.run, invites: invites)
    var work = LegacyInvite.groups(of: invites, ids).map { LegacyWork.person($0) }
    if let chats { work += try self.chats(in: chats, &report) }
    try carryOut(work, by: writer, isDryRun: isDryRun, &report)
    return report
  }

  /// What belongs together: it becomes durable at once.
  private enum LegacyWork {
    case person([LegacyInvite])
    case chat(LegacyChat)
  }

  /// The same for the same files in an account.
  private func legacyRun(_ file: [UInt8], _ chats: [UInt8]?, _ ids: StableID) -> UniqueID {
    let digests = [file, chats ?? []].map { HexText.text(world.clinic.sha256($0)) }
    return ids.id(type: "legacy_import", key: digests.joined(separator: "\n"))
  }

  private func invites(
    in file: [UInt8], _ ids: StableID, _ report: inout LegacyReport
  ) throws(ReplicaError) -> [LegacyInvite] {
    var invites: [LegacyInvite] = []
    var lines: [UniqueID: Int] = [:]
    for entry in try entries(of: file) {
      switch entry {
      case .problem(let line, let what):
        report.invites.add(ImportProblem(line: line, field: nil, problem: what))
      case .row(let row):
        let invite = LegacyInvite(row, catalogue, functions: world.clinic)
        if let line = lines.updateValue(row.line, forKey: invite.id(ids)) {
          let problem = "names the same invite as line \(line)"
          report.invites.add(ImportProblem(line: row.line, field: "id", problem: problem))
        } else {
          invites.append(invite)
        }
      }
    }
    return invites
  }

  private func chats(
    in file: [UInt8], _ report: inout LegacyReport
  ) throws(ReplicaError) -> [LegacyWork] {
    var work: [LegacyWork] = []
    for entry in try entries(of: file) {
      switch entry {
      case .problem(let line, let what):
        report.chats?.add(ImportProblem(line: line, field: nil, problem: what))
      case .row(let row): work.append(.chat(LegacyChat(row, catalogue)))
      }
    }
    return work
  }

  private func entries(of file: [UInt8]) throws(ReplicaError) -> [LegacyTable.Entry] {
    do { return try LegacyTable(file).entries } catch {
      throw .badFile(line: error.line, what: error.what)
    }
  }

  private func carryOut(
    _ work: [LegacyWork], by writer: LegacyWriter, isDryRun: Bool, _ report: inout LegacyReport
  ) throws(ReplicaError) {
    var rest = work[...]
    // A rehearsal sees what came before only within one commit.
    let limit = isDryRun ? Int.max : Self.maximumLinesPerCommit
    while !rest.isEmpty {
      let part = rest.prefix(limit)
      rest = rest.dropFirst(limit)
      report = try transact(isRehearsal: isDryRun) { (transaction) throws(ReplicaError) in
        var report = report
        for piece in part {
          transaction.beginNext()
          switch piece {
          case .person(let invites): try writer.write(invites, &transaction, &report)
          case .chat(let chat): try writer.write(chat, &transaction, &report)
          }
        }
        if transaction.changedCount > 0 { report.hasWritten = true }
        return report
      }
    }
    report.invites.sort()
    report.chats?.sort()
  }
}
