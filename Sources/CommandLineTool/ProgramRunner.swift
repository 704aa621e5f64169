import JSON
import Platform

/// The ends of a program that all programs share: settings, output, exit status.
package struct ProgramRunner: Sendable {
  package let program: ProgramDescription

  package init(_ program: ProgramDescription) { self.program = program }

  /// Takes the arguments of the process apart, prints what an option such as `--help` asks for, and
  /// runs a command.
  /// - Returns: the exit status.
  package func run(
    _ arguments: [String], _ body: (Invocation) -> CommandOutcome
  ) -> Int32 {
    do {
      switch try parse(arguments) {
      case .print(let text): return finish(CommandOutcome(printing: text))
      case .run(let invocation): return finish(body(invocation))
      }
    } catch {
      return finish(.failure("\(error)", status: 2))
    }
  }

  /// Takes arguments apart, with the settings as the environment and the file say now.
  package func parse(_ arguments: [String]) throws(UsageError) -> ParsedArguments {
    let file = try settingsFile(arguments)
    return try program.parse(arguments) {
      Settings(options: $0, environment: Host.environment, file: file)
    }
  }

  private func finish(_ outcome: CommandOutcome) -> Int32 {
    var status = outcome.status
    do { try writeStandardOutput(outcome.output) } catch {
      if !error.isBrokenPipe {
        writeStandardError(Array("\(program.name): standard output: \(error)\n".utf8))
      }
      status = max(status, 1)
    }
    for line in outcome.errors { writeStandardError(Array("\(program.name): \(line)\n".utf8)) }
    return status
  }

  /// The keys and values of the file that `--config` names.
  private func settingsFile(_ arguments: [String]) throws(UsageError) -> [String: String] {
    let index = arguments.firstIndex(of: "--config").map { $0 + 1 }
    let named = index.flatMap { arguments.indices.contains($0) ? arguments[$0] : nil }
    guard let path = named ?? Host.environment("SATCHEL_CONFIG") else { return [:] }
    let bytes: [UInt8]
    do { bytes = try POSIXFileSystem().readFile(path) } catch { throw UsageError("\(error)") }
    guard let object = (try? JSONValue(parsing: bytes))?.objectValue else {
      throw UsageError("\(path): is no JSON object")
    }
    return Dictionary(
      object.members.map { ($0.key, Self.text($0.value)) }, uniquingKeysWith: { first, _ in first })
  }

  private static func text(_ value: JSONValue) -> String {
    value.stringValue ?? String(decoding: value.bytes, as: UTF8.self)
  }
}
