import CommandLineTool
import Commands
import Demo
import Glibc
import Platform

ignoreBrokenPipes()
Host.forbidMemoryDumps()
let arguments = SatchelProgram.description.withWholePaths(
  Array(CommandLine.arguments.dropFirst()), in: Host.workingDirectory())
exit(
  ProgramRunner(SatchelProgram.description).run(arguments) { invocation in
    guard invocation.command.name == "demo" else {
      return StoreAccess(arguments: arguments).run(invocation)
    }
    return DemoCommand().run(invocation) { line in
      // A reader who has gone must not stop the demo.
      try? writeStandardOutput(Array("\(line)\n".utf8))
    }
  })
