import Causality
import Clinic
package import CommandLineTool
import Documents
import JSON
package import Laptop
package import Platform
import Replica
import Storage

/// Carries out commands on a store that this process owns. Every command works the same in the
/// program that was called and in the daemon.
package struct CommandRunner: Sendable {
  let laptop: Laptop
  /// What runs a sync: the laptop itself, or the daemon's loop.
  let syncer: any Syncing

  var replica: Replica { laptop.replica }

  /// - Parameter syncer: nil for the laptop itself.
  package init(laptop: Laptop, syncer: (any Syncing)? = nil) {
    self.laptop = laptop
    self.syncer = syncer ?? laptop
  }

  /// Carries out a command.
  /// - Parameters:
  ///   - input: the file that the command reads, or standard input; nil if it reads none.
  ///   - sink: where an export goes; without it the export goes to a file of the store, whose path is
  ///     printed.
  package func run(
    _ invocation: Invocation, input: [UInt8]?, sink: (any ByteSink)? = nil
  ) -> CommandOutcome {
    do {
      try PeopleGate.require(invocation, in: replica)
      let outcome =
        invocation.isExport ? try export(invocation, sink) : try outcome(invocation, input)
      CommandAudit.note(invocation, outcome, in: replica)
      return noting(store: replica.store, in: outcome)
    } catch let error as SystemError where error.isBrokenPipe {
      // Nobody reads any more: there is nobody to tell.
      return CommandOutcome(status: 1)
    } catch let error as UsageError {
      return .failure("\(error)", status: 2)
    } catch let error as ReplicaError {
      return .failure("\(error)", status: Self.status(of: error))
    } catch {
      return .failure("\(error)")
    }
  }

  private func export(
    _ invocation: Invocation, _ sink: (any ByteSink)?
  ) throws -> CommandOutcome {
    let command = ExportCommand(replica: replica, invocation: invocation)
    guard let sink else { return try ExportSpool.write(replica.store.layout, command.run) }
    try command.run(into: sink)
    return CommandOutcome()
  }

  /// Says what is out of the ordinary with the store: that it is open for reading only, and why; or
  /// that it is in another place.
  private func noting(store: Store, in outcome: CommandOutcome) -> CommandOutcome {
    var outcome = outcome
    if store.takeRelocationNotice() {
      outcome.errors.append(
        "this store was copied or moved here: it goes on under a new replica id (\(replica.id)), and "
          + "has to be enrolled again before it syncs")
    }
    if let format = store.takeUpgradeNotice() {
      outcome.errors.append(
        "this store was brought from format \(format) to \(StoreIdentity.currentFormat); it is kept as "
          + "it was in \(store.layout.upgrade): satchel upgrade --undo goes back to it")
    }
    if let found = store.found.first {
      outcome.errors.append(
        "\(found.file): \(found.what): stop satchel-syncd, then satchel verify --repair heals it")
    }
    if let refusal = store.refusal, refusal.code == .readOnly {
      outcome.errors.append("\(refusal)")
    }
    guard let first = store.damage.first else { return outcome }
    outcome.errors.append(
      "the store is damaged and open for reading only (\(first)): satchel verify --repair heals it")
    return outcome
  }

  private static func status(of error: ReplicaError) -> Int32 {
    if case .ambiguous = error { 2 } else { 1 }
  }

  private func outcome(_ invocation: Invocation, _ input: [UInt8]?) throws -> CommandOutcome {
    let printer = Printer(isJSON: invocation.has("--json"))
    guard Self.watchedCommands.contains(invocation.command.name) else {
      return try carryOut(invocation, input, printer)
    }
    return try watching { try carryOut(invocation, input, printer) }
  }

  /// Tells of the review items that a command opens.
  private func watching(_ command: () throws -> CommandOutcome) throws -> CommandOutcome {
    var outcome = CommandOutcome()
    let opened = try replica.openedReviewItems { outcome = try command() }
    if !opened.isEmpty, outcome.status == 0 { outcome.status = 3 }
    outcome.errors += opened.map { "to review: \($0.summary) (satchel review show \($0.id))" }
    return outcome
  }

  /// Commands that write, and so may open review items.
  private static let watchedCommands: Set<String> = [
    "update", "delete", "restore", "import patients", "import appointments",
    "import legacy-invites", "invite",
    "invite revoke", "invite resend", "book", "reschedule", "cancel", "confirm", "arrive",
    "complete", "no-show", "reinstate", "merge patient", "unmerge patient",
  ]

  private func carryOut(
    _ invocation: Invocation, _ input: [UInt8]?, _ printer: Printer
  ) throws -> CommandOutcome {
    return switch invocation.command.name {
    case "enroll": try enrol(invocation)
    case "create": try create(invocation, input, printer)
    case "get": try get(invocation, printer)
    case "cat": try cat(invocation)
    case "list": try list(invocation, printer)
    case "update": try update(invocation, input, printer)
    case "delete": try delete(invocation)
    case "restore": try restore(invocation, printer)
    case "history": try history(invocation, printer)
    case "merge patient": try merge(invocation, printer)
    case "unmerge patient": try unmerge(invocation, printer)
    case "sync": try sync(invocation, printer)
    case "login", "logout", "lock", "unlock", "whoami", "break-glass":
      try PeopleCommands(laptop: laptop, printer: printer).run(invocation, password: input)
    case "status": try status(printer)
    case "verify": try verify(invocation, printer)
    case "backup": try backup(invocation)
    case "upgrade": try upgrade(invocation)
    case "checkpoint": try checkpoint()
    default: try clinicOutcome(invocation, input, printer)
    }
  }

  // MARK: - Documents

  private func create(
    _ invocation: Invocation, _ input: [UInt8]?, _ printer: Printer
  ) throws -> CommandOutcome {
    let type = try knownType(invocation.operands[0])
    guard let object = try InputReader.onlyObject(input) else {
      return try LineCreation(replica: replica, type: type, printer: printer).run(input ?? [])
    }
    return try watching {
      let key = try replica.transact { (transaction) throws(ReplicaError) in
        try replica.make(object, type: type, in: &transaction)
      }
      return printer.list([try stored(key)])
    }
  }

  private func get(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let type = try knownType(invocation.operands[0])
    let name = invocation.operands[1]
    guard invocation.has("--metadata") else {
      return printer.object(try replica.answer(try replica.living(type: type, named: name)))
    }
    let key = try replica.find(type: type, named: name)
    guard let document = try replica.document(key) else {
      throw ReplicaError.notFound(type: type, name: name)
    }
    var encoder = DocumentEncoder(embedsTable: true)
    var bytes: [UInt8] = []
    encoder.encode(document, replica.rules.type(type), into: &bytes)
    return CommandOutcome(
      output: try JSONValue(parsing: bytes).prettyBytes() + [UInt8(ascii: "\n")])
  }

  /// The document's file as it would stand in a store that is not encrypted.
  private func cat(_ invocation: Invocation) throws -> CommandOutcome {
    let type = try knownType(invocation.operands[0])
    let key = try replica.find(type: type, named: invocation.operands[1])
    guard let bytes = try replica.store.content(of: key) else {
      throw ReplicaError.notFound(type: type, name: invocation.operands[1])
    }
    return CommandOutcome(output: bytes)
  }

  /// A type that the catalogue has, or of which there are documents.
  private func knownType(_ name: String) throws -> String {
    if replica.read({ $0.typeNames.contains(name) }) { return name }
    do { _ = try replica.catalogue.requireType(named: name) } catch {
      throw ReplicaError.invalid(type: name, error)
    }
    return name
  }

  private func list(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    var query = ListQuery(type: try knownType(invocation.operands[0]))
    query.filters = try invocation.values("--where").map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw UsageError("--where: \"\(text)\" is not FIELD=VALUE")
      }
      return (field: String(parts[0]), value: String(parts[1]))
    }
    query.search = invocation.value("--search")
    query.sort = invocation.value("--sort")
    query.limit = try invocation.value("--limit").map { text in
      guard let limit = Int(text), limit >= 0 else {
        throw UsageError("--limit: \"\(text)\" is no number")
      }
      return limit
    }
    query.isTrash = invocation.has("--trash")
    return printer.list(try replica.list(query))
  }

  private func update(
    _ invocation: Invocation, _ input: [UInt8]?, _ printer: Printer
  ) throws -> CommandOutcome {
    let type = try knownType(invocation.operands[0])
    let key = try replica.find(type: type, named: invocation.operands[1])
    let patch = try InputReader.object(input)
    try replica.transact { (transaction) throws(ReplicaError) in
      try replica.change(key, patch: patch, in: &transaction)
    }
    return try printer.object(stored(key))
  }

  func stored(_ key: DocumentKey) throws -> JSONObject {
    guard let document = try replica.document(key) else {
      throw ReplicaError.notFound(type: key.type, name: key.id.description)
    }
    return replica.view(document)
  }

  private func delete(_ invocation: Invocation) throws -> CommandOutcome {
    let type = try knownType(invocation.operands[0])
    let text = invocation.value("--reason") ?? DeleteReason.mistake.rawValue
    guard let reason = DeleteReason(rawValue: text) else {
      let all = DeleteReason.allCases.map(\.rawValue).joined(separator: ", ")
      throw UsageError("--reason: \"\(text)\" is none of \(all)")
    }
    let document = try replica.living(type: type, named: invocation.operands[1])
    try replica.delete(document.key, reason: reason)
    guard reason != .erasure else {
      return CommandOutcome(
        printing: "the server will erase \(document.key) if an administrator asked for it\n")
    }
    return CommandOutcome(printing: "\(document.key) is in the trash\n")
  }

  private func restore(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let type = try knownType(invocation.operands[0])
    let key = try replica.find(type: type, named: invocation.operands[1])
    try replica.restore(key)
    return try printer.object(stored(key))
  }

  private func history(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let type = try knownType(invocation.operands[0])
    let key = try replica.find(type: type, named: invocation.operands[1])
    return printer.list(try replica.history(of: key))
  }

  private func merge(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    guard let other = invocation.value("--into") else { throw UsageError("--into is missing") }
    let patient = try replica.find(type: "patient", named: invocation.operands[0])
    try replica.merge(patient, into: try replica.find(type: "patient", named: other))
    return try printer.object(stored(patient))
  }

  private func unmerge(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let patient = try replica.find(type: "patient", named: invocation.operands[0])
    try replica.unmerge(patient)
    return try printer.object(stored(patient))
  }

  private func checkpoint() throws -> CommandOutcome {
    let dropped = try replica.emptyTrash()
    let text = "\(try replica.checkpoint()) documents written\n"
    return CommandOutcome(
      printing: dropped == 0 ? text : text + "\(dropped) documents left the trash for good\n")
  }

  private func status(_ printer: Printer) throws -> CommandOutcome {
    var outcome = printer.object(try laptop.status(review: reviewCount()))
    if try laptop.isEncryptionMissing() {
      outcome.errors.append(
        "this account wants its laptops encrypted, and this one is not, so it gets no data: stop satchel-syncd, "
          + "then run satchel encrypt")
    }
    return outcome
  }

  // MARK: - Server

  private func enrol(_ invocation: Invocation) throws -> CommandOutcome {
    guard let url = invocation.value("--server") else { throw UsageError("--server is missing") }
    guard let code = invocation.value("--code") else { throw UsageError("--code is missing") }
    let enrolment = try laptop.enrol(
      url: url, code: code, deviceName: invocation.value("--device") ?? Host.hostName(),
      certificateFile: invocation.value("--ca"))
    let account = replica.account
    return CommandOutcome(
      printing:
        "enrolled in account \(account) at \(enrolment.url); satchel sync fetches its data\n")
  }

  private func sync(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let report = try syncer.syncOnce(url: invocation.value("--server"))
    let value = try value(of: report)
    var outcome = printer.object(value)
    if value["review"]?.intValue != 0 { outcome.status = 3 }
    return outcome
  }

  /// What a sync did, for programs.
  func value(of report: SyncReport) throws(ReplicaError) -> JSONObject {
    [
      "pushed": .int(report.pushed), "pulled": .int(report.pulled),
      "bytes_sent": .int(report.bytesSent), "bytes_received": .int(report.bytesReceived),
      "round_trips": .int(report.roundTrips), "seconds": .decimal(report.seconds),
      "parked": 0, "review": .int(try reviewCount()),
    ]
  }

  /// The store was brought up to date when it was opened.
  private func upgrade(_ invocation: Invocation) throws -> CommandOutcome {
    if invocation.has("--undo") {
      throw UsageError("satchel-syncd has the store open: stop it, then go back")
    }
    guard invocation.has("--forget") else {
      return CommandOutcome(printing: "the store is in format \(StoreIdentity.currentFormat)\n")
    }
    let wasThere = try replica.store.forgetOlderFormat()
    return CommandOutcome(
      printing: wasThere ? "the older format is dropped\n" : "nothing older was kept\n")
  }

  private func backup(_ invocation: Invocation) throws -> CommandOutcome {
    let directory = invocation.operands[0]
    let count = try replica.store.backup(to: directory)
    return CommandOutcome(printing: "\(count) documents are in the backup at \(directory)\n")
  }

  private func verify(
    _ invocation: Invocation, _ printer: Printer
  ) throws(UsageError) -> CommandOutcome {
    if invocation.has("--repair") || invocation.has("--give-up-lost") {
      throw UsageError("satchel-syncd has the store open: stop it, then repair the store")
    }
    return Self.outcome(replica.verify(), nil, printer)
  }
}
