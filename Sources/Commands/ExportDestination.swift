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
