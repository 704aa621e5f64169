package import CommandLineTool
import Commands
import JSON
import Platform
import Replica
import Synchronization

/// `satchel-bench`: measures the product on this machine, beside what the disk and others can do.
package final class BenchmarkProgram: Sendable {
  /// Gets each finding's line as soon as it is there.
  private let print: @Sendable ([UInt8]) -> Void
  /// Where the measures write; nil before and after. Held while lines are printed, and until the
  /// process ends that is told to.
  private let directory = Mutex<WorkDirectory?>(nil)

  /// - Parameter print: takes what goes to standard output.
  package init(print: @escaping @Sendable ([UInt8]) -> Void) { self.print = print }

  package static let description = ProgramDescription(
    name: "satchel-bench", version: ProductVersion.text,
    summary: "measures beside what the disk and others can do, one JSON line each",
    globalOptions: [
      OptionDescription("--quick", "small sizes, in less than a minute; the figures say little"),
      OptionDescription(
        "--encrypted", "of the group storage: what encryption costs, beside plain stores"),
      OptionDescription(
        "--only", "MEASURE", "this one, and those that are taken together with it"),
      OptionDescription(
        "--documents", "N",
        "instead of 100,000, and ten times as many instead of 1,000,000; the bounds do not fit then"
      ),
      OptionDescription("--runs", "N", "how often each measure is taken, 5 without it"),
      OptionDescription(
        "--dir", "DIR",
        "where to write: a directory on a disk, not in memory; /var/tmp without it"),
    ],
    commands: BenchmarkGroup.allCases.map { CommandDescription($0.rawValue, $0.summary) })

  private static let defaultDirectory = "/var/tmp"

  /// Carries out what was typed.
  /// - Returns: the exit status: 0 also if a promise is broken or something cannot be measured.
  package func run(_ arguments: [String]) -> Int32 {
    if arguments.first == OpenProbe.verb {
      return finish(OpenProbe.answer(Array(arguments.dropFirst())))
    }
    if arguments.first == FirstSyncProbe.verb {
      return finish(FirstSyncProbe.answer(Array(arguments.dropFirst())))
    }
    if arguments.first == ServerChild.verb {
      return finish(ServerChild.answer(Array(arguments.dropFirst())))
    }
    return ProgramRunner(Self.description).run(arguments, run)
  }

  private func finish(_ outcome: CommandOutcome) -> Int32 {
    print(outcome.output)
    for line in outcome.errors { writeStandardError(Array("satchel-bench: \(line)\n".utf8)) }
    return outcome.status
  }

  private func run(_ invocation: Invocation) -> CommandOutcome {
    guard let group = BenchmarkGroup(rawValue: invocation.command.name) else {
      return .failure("there is no group \(invocation.command.name)", status: 2)
    }
    do {
      let findings = try findings(
        of: group, sizes: sizes(invocation), isEncrypted: invocation.has("--encrypted"),
        only: invocation.value("--only"),
        directory: invocation.value("--dir") ?? Self.defaultDirectory)
      writeStandardError(Array(ReportTable.text(findings).utf8))
      return CommandOutcome()
    } catch {
      return .failure("\(error)")
    }
  }

  private func sizes(_ invocation: Invocation) throws -> Sizes {
    var sizes: Sizes = invocation.has("--quick") ? .quick : .full
    if let count = try invocation.positiveNumber("--documents") {
      (sizes.documents, sizes.manyDocuments) = (count, 10 * count)
    }
    if let count = try invocation.positiveNumber("--runs") { sizes.runs = count }
    return sizes
  }

  /// - Returns: the findings in the order of the group's measures.
  private func findings(
    of group: BenchmarkGroup, sizes: Sizes, isEncrypted: Bool, only: String?,
    directory parent: String
  ) throws -> [Finding] {
    let families = group.families(sizes, isEncrypted: isEncrypted).filter { family in
      only == nil || family.measures.contains { $0.name == only }
    }
    if families.isEmpty { throw NoMeasure(name: only ?? "--encrypted") }
    let setup = try ReplicaSetup.system()
    let directory = try WorkDirectory(below: parent, fileSystem: POSIXFileSystem())
    self.directory.withLock { $0 = directory }
    defer { removeFiles() }
    let bench = Workbench(setup: setup, directory: directory, sizes: sizes)
    var findings: [Finding] = []
    for family in families {
      let new = family.findings(bench)
      findings += new
      self.directory.withLock { _ in new.forEach(printLine) }
    }
    return group.measures.compactMap { measure in
      findings.first { $0.measure.name == measure.name }
    }
  }

  private func printLine(_ finding: Finding) {
    print(JSONValue.object(finding.object).bytes + [UInt8(ascii: "\n")])
  }

  /// Removes what the measures wrote; those that are under way fail. Calling it again does nothing.
  /// - Parameter end: ends the process. Until it has done so nothing more is printed.
  package func removeFiles(then end: () -> Void = {}) {
    directory.withLock { current in
      do { try current?.remove() } catch {
        writeStandardError(Array("satchel-bench: \(error)\n".utf8))
      }
      current = nil
      end()
    }
  }
}

private struct NoMeasure: Error, CustomStringConvertible {
  let name: String
  var description: String { "there is no measure \(name) in this group" }
}

extension Invocation {
  fileprivate func positiveNumber(_ option: String) throws -> Int? {
    guard let text = value(option) else { return nil }
    guard let number = Int(text), number > 0 else {
      throw UsageError("\(option): \"\(text)\" is no number above 0")
    }
    return number
  }
}
