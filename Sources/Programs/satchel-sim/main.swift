import Cluster
import Glibc
import Platform

let program = SimulatorProgram { line in
  try? writeStandardOutput(Array("\(line)\n".utf8))
} seconds: {
  Double(monotonicMilliseconds()) / 1000
}
exit(program.run(Array(CommandLine.arguments.dropFirst())))
