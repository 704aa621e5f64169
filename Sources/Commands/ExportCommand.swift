import Clinic
import CommandLineTool
import Documents
import Export
import JSON
import Platform
import Replica
import Storage

/// Writes documents in a form that other programs read.
struct ExportCommand {
  let replica: Replica
  let invocation: Invocation

  /// Bytes that are gathered before they are written.
  private static let chunkByteCount = 1 << 18

  /// Exports one state of the store; writers wait meanwhile.
  /// - Throws: what could not be read, or written; a part may have been written then.
  func run(into sink: any ByteSink) throws {
    let settings = try ExportOptions(invocation, replica).settings()
    let format = invocation.command.words.last ?? ""
    let type = try settings.type.flatMap { try knownType($0, format) }
    var failure: SystemError?
    try replica.withOneState(needsReview: ["fhir", "ics"].contains(format)) {
      (tables, items) throws(ReplicaError) in
      var settings = settings
      settings.inReview = Set(items.flatMap(\.documents))
      switch format {
      case "ndjson":
        let present = tables.typeNames
        let export = LineExport(replica.catalogue, settings, present: present)
        failure = try write(export, tables, sink)
      case "csv":
        if let type { failure = try write(TableExport(type, replica.catalogue), tables, sink) }
      case "fhir":
        failure = try write(FHIRExport(settings, replica.world.clinic), tables, sink)
      default:
        failure = try write(CalendarExport(settings, replica.world.clinic), tables, sink)
      }
    }
    if let failure { throw failure }
  }

  /// The type that is asked for; nil if it is one that only JSON lines can hold.
  private func knownType(_ name: String, _ format: String) throws -> TypeDefinition? {
    let held =
      switch format {
      case "fhir": FHIRExport.knownTypes
      case "ics": CalendarExport.knownTypes
      default: replica.catalogue.types.map(\.name)
      }
    let isStranger = format == "ndjson" && replica.read { $0.typeNames.contains(name) }
    guard held.contains(name) || isStranger else {
      let all = held.joined(separator: ", ")
      throw UsageError("--type: \"\(name)\" is not in an export to \(format); it holds \(all)")
    }
    return replica.catalogue.type(named: name)
  }

  /// - Returns: why it could not be written.
  private func write(
    _ export: consuming some DocumentExport, _ tables: borrowing Tables, _ sink: any ByteSink
  ) throws(ReplicaError) -> SystemError? {
    for type in export.surveyedTypes {
      _ = try replica.forEachPage(ofType: type, of: tables) { documents, clinic in
        for document in documents { export.survey(exported(document, clinic)) }
        return true
      }
    }
    var buffer = SinkBuffer(sink, byteCount: Self.chunkByteCount)
    export.begin(&buffer.bytes)
    for type in export.types {
      _ = try replica.forEachPage(ofType: type, of: tables) { documents, clinic in
        for document in documents { export.add(exported(document, clinic), &buffer.bytes) }
        return buffer.flushIfDue()
      }
    }
    export.end(&buffer.bytes)
    buffer.flush()
    return buffer.failure
  }

  private func exported(_ document: Document, _ clinic: MergedClinic) -> ExportedDocument {
    ExportedDocument(document, view: replica.view(document), clinic)
  }
}

/// Gathers bytes for a sink, and remembers its first failure: then nothing more is written.
private struct SinkBuffer {
  var bytes: [UInt8] = []
  private(set) var failure: SystemError?
  private let sink: any ByteSink
  private let byteCount: Int

  init(_ sink: any ByteSink, byteCount: Int) { (self.sink, self.byteCount) = (sink, byteCount) }

  /// - Returns: whether writing goes on.
  mutating func flushIfDue() -> Bool {
    if bytes.count >= byteCount { flush() }
    return failure == nil
  }

  mutating func flush() {
    defer { bytes.removeAll(keepingCapacity: true) }
    guard failure == nil else { return }
    do throws(SystemError) { try sink.write(bytes) } catch { failure = error }
  }
}

/// What somebody typed behind `export`.
private struct ExportOptions {
  private let invocation: Invocation
  private let replica: Replica

  init(_ invocation: Invocation, _ replica: Replica) {
    (self.invocation, self.replica) = (invocation, replica)
  }

  func settings() throws(UsageError) -> ExportSettings {
    var settings = ExportSettings(account: replica.account, now: replica.now())
    settings.type = invocation.value("--type")
    if invocation.command.words.last == "csv", settings.type == nil {
      throw UsageError("--type is missing: a table holds the documents of one type")
    }
    settings.base = try base()
    settings.tellsNotes = invocation.has("--with-notes")
    settings.tellsLinks = invocation.has("--links")
    settings.tellsCodes = invocation.has("--codes")
    settings.patientLabel = try label()
    return settings
  }

  private func base() throws(UsageError) -> String {
    guard var text = invocation.value("--base") else { return ExportSettings.usualBase }
    while text.hasSuffix("/") { text.removeLast() }
    let isAddress = ["https://", "http://"].contains { text.hasPrefix($0) && text != $0 }
    let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    guard isAddress, isPlain else {
      throw UsageError("--base: \"\(text)\" is no address such as https://example.org/fhir")
    }
    return text
  }

  private func label() throws(UsageError) -> PatientLabel {
    guard invocation.has("--names") else { return invocation.has("--initials") ? .initials : .none }
    guard !invocation.has("--initials") else {
      throw UsageError("--names and --initials exclude each other")
    }
    guard invocation.has("--yes") else {
      throw UsageError(
        "--names puts the names of patients into the file: add --yes if that is meant")
    }
    return .names
  }
}

extension Invocation {
  var isExport: Bool { command.words.first == "export" }
}
