import CommandLineTool
import Glibc
import JSON
import Platform
import Replica

ignoreBrokenPipes()

let description = ProgramDescription(
  name: "satchel-conformance", version: "0.1.0",
  summary: "plays scenarios against a server, or a laptop program, of the sync protocol",
  globalOptions: [],
  commands: [
    CommandDescription(
      "",
      options: [
        OptionDescription("--server", "URL", "the server under test"),
        OptionDescription("--code", "CODE", "a one-time code, for a run without a driver"),
        OptionDescription("--driver", "PROGRAM", "does what only an operator can do"),
        OptionDescription("--client", "PROGRAM", "drives the laptop program under test"),
        OptionDescription("--only", "NAME", "one scenario"),
        OptionDescription(
          "--scenarios", "DIR", "where they are, without it Conformance/scenarios, or client in it"),
        OptionDescription("--json", "print one JSON object a line"),
      ], "play all scenarios")
  ])

exit(
  ProgramRunner(description).run(Array(CommandLine.arguments.dropFirst())) { invocation in
    do {
      let setup = try ReplicaSetup.system()
      if let program = invocation.value("--client") {
        return try suite(invocation, "Conformance/scenarios/client").run(
          json: invocation.has("--json")
        ) { ClientStage.play($0, program: program, setup) }
      }
      guard let url = invocation.value("--server") else {
        return .failure("--server URL or --client PROGRAM is missing", status: 2)
      }
      let driver = Driver(program: invocation.value("--driver"))
      return try suite(invocation, "Conformance/scenarios").run(json: invocation.has("--json")) {
        let stage = ScenarioStage(
          url: url, code: invocation.value("--code"), driver: driver, setup.world)
        return $0.play(stage.carryOut)
      }
    } catch {
      return .failure("\(error)")
    }
  })

func suite(_ invocation: Invocation, _ directory: String) throws -> ScenarioSuite {
  try ScenarioSuite(
    directory: invocation.value("--scenarios") ?? directory, only: invocation.value("--only"))
}
