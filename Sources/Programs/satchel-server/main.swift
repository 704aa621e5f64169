import CommandLineTool
import Glibc
import Platform
import Server

ignoreBrokenPipes()
Host.forbidMemoryDumps()
let command = ServerCommand(arguments: Array(CommandLine.arguments.dropFirst()))
exit(ProgramRunner(ServerProgram.description).run(command.arguments, command.run))
