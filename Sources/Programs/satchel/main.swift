import CommandLineTool
import Commands
import Glibc
import Platform

ignoreBrokenPipes()
let arguments = Array(CommandLine.arguments.dropFirst())
exit(
  ProgramRunner(SatchelProgram.description).run(arguments) { invocation in
    StoreAccess(arguments: arguments).run(invocation)
  })
