import Benchmarks
import Glibc
import Platform

ignoreBrokenPipes()
let program = BenchmarkProgram { bytes in
  // A reader who has gone must not stop the measures: the table follows.
  try? writeStandardOutput(bytes)
}
let signals = SignalWatcher(signals: [SIGINT, SIGTERM]) { signal in
  program.removeFiles { exit(128 + signal) }
}
exit(program.run(Array(CommandLine.arguments.dropFirst())))
