import CommandLineTool
import Glibc
import JSON
import Platform
import Replica

ignoreBrokenPipes()

let description = ProgramDescription(
  name: "satchel-conformance", version: "0.1.0",
  summary: "plays scenarios against a server of the sync protocol",
  globalOptions: [],
  commands: [
    CommandDescription(
      "",
      options: [
        OptionDescription("--server", "URL", "the server under test"),
        OptionDescription("--code", "CODE", "a one-time code, for a run without a driver"),
        OptionDescription("--driver", "PROGRAM", "does what only an operator can do"),
        OptionDescription("--only", "NAME", "one scenario"),
        OptionDescription("--scenarios", "DIR", "where they are, Conformance/scenarios without it"),
        OptionDescription("--json", "print one JSON object a line"),
      ], "play all scenarios")
  ])

exit(
  ProgramRunner(description).run(Array(CommandLine.arguments.dropFirst())) { invocation in
    do {
      guard let url = invocation.value("--server") else {
        return .failure("--server URL is missing", status: 2)
      }
      let directory = invocation.value("--scenarios") ?? "Conformance/scenarios"
      let suite = try ScenarioSuite(directory: directory, only: invocation.value("--only"))
      return suite.run(
        url: url, code: invocation.value("--code"),
        driver: Driver(program: invocation.value("--driver")), json: invocation.has("--json"),
        try ReplicaSetup.system().world)
    } catch {
      return .failure("\(error)")
    }
  })
