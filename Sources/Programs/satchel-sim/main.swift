import Cluster
import Glibc
import Platform

let program = SimulatorProgram(
  print: { line in try? writeStandardOutput(Array("\(line)\n".utf8)) },
  tell: { line in writeStandardError(Array("\(line)\n".utf8)) },
  seconds: { Double(monotonicMilliseconds()) / 1000 }, jobCount: Host.processorCount)
exit(program.run(Array(CommandLine.arguments.dropFirst())))
