import CommandLineTool
import Platform
import Storage

/// Where an export goes: to standard output, or to a new file, which is there as a whole or not at all.
struct ExportDestination {
  let sink: any ByteSink
  private let file: NewFile?

  /// - Throws: if the file is there already.
  init(_ invocation: Invocation) throws {
    guard let path = invocation.value("--out") else {
      (sink, file) = (StandardOutput(), nil)
      return
    }
    do throws(SystemError) {
      let new = try NewFile(path, POSIXFileSystem())
      (sink, file) = (new, new)
    } catch {
      throw error.isAlreadyThere ? InputError("\(path) is there already: name a new file") : error
    }
  }

  /// Carries out an export and gives the file its name.
  func deliver(_ export: () throws -> CommandOutcome) throws -> CommandOutcome {
    do {
      let outcome = try export()
      guard outcome.status == 0 else {
        file?.discard()
        return outcome
      }
      try file?.finish()
      return outcome
    } catch let error as SystemError where error.isBrokenPipe {
      // Nobody reads any more: as with other commands there is nobody to tell.
      return CommandOutcome(status: 1)
    } catch {
      file?.discard()
      throw error
    }
  }
}

/// An export that the owner of a store makes for another program: it waits in a file of the store, so that
/// neither has all of it in memory. What a crash leaves of it goes when the store is opened.
enum ExportSpool {
  private static let chunkByteCount = 1 << 20

  /// - Returns: an outcome that prints the file's path.
  static func write(
    _ layout: StoreLayout, _ export: (any ByteSink) throws -> Void
  ) throws -> CommandOutcome {
    let fileSystem = POSIXFileSystem()
    let file = try AppendedFile(layout.exportSpool(SystemRandom().uint64()), fileSystem)
    defer { file.close() }
    do { try export(file) } catch {
      try? fileSystem.removeFile(file.path)
      throw error
    }
    return CommandOutcome(printing: file.path)
  }

  /// Hands on what the owner wrote, and removes it.
  static func deliver(
    _ outcome: CommandOutcome, to sink: any ByteSink
  ) throws -> CommandOutcome {
    guard outcome.status == 0 else { return outcome }
    let fileSystem = POSIXFileSystem()
    let file = try fileSystem.open(String(decoding: outcome.output, as: UTF8.self), .read)
    defer { file.close() }
    // It stays readable while it is open.
    try fileSystem.removeFile(file.path)
    var place = 0
    while case let bytes = try file.read(at: place, count: chunkByteCount), !bytes.isEmpty {
      try sink.write(bytes)
      place += bytes.count
    }
    var outcome = outcome
    outcome.output = []
    return outcome
  }
}
