import CommandLineTool
import JSON
import Laptop
import Platform
import Replica
import Storage

/// What a first sync costs in a process that holds nothing but the laptop.
struct FirstSyncProbe {
  /// The word that makes this program sync an empty laptop and end.
  static let verb = "first-sync"

  let seconds: Double
  /// By how much the process grew at most beyond what it keeps.
  let growthByteCount: Int

  /// Syncs a new laptop in a child process.
  /// - Parameter path: of its store, where nothing is yet.
  static func run(_ path: String, url: String, code: String) throws -> FirstSyncProbe {
    let result = try ChildProgram.run(ChildProgram.ownPath, [verb, path, url, code])
    guard result.status == 0, let value = (try? JSONValue(parsing: result.output))?.objectValue,
      let milliseconds = value["milliseconds"]?.intValue,
      let byteCount = value["growth_bytes"]?.intValue
    else { throw BenchmarkError("\(path) cannot be synced (exit status \(result.status))") }
    return FirstSyncProbe(seconds: Double(milliseconds) / 1000, growthByteCount: byteCount)
  }

  /// Does in the child process what the parent asked for.
  static func answer(_ operands: [String]) -> CommandOutcome {
    guard operands.count == 3 else { return .failure("\(verb) DIR URL CODE", status: 2) }
    do {
      return try sync(operands[0], url: operands[1], code: operands[2])
    } catch {
      return .failure("\(error)")
    }
  }

  private static func sync(_ path: String, url: String, code: String) throws -> CommandOutcome {
    let setup = try ReplicaSetup.system()
    let replica = try setup.create(
      path, account: setup.newID(), isLocalAccount: true, role: .laptop)
    defer { replica.store.close() }
    let laptop = try SyncGround.enrolled(replica, setup.fileSystem, url: url, code: code)
    try ProcessMemory.forgetPeak()
    let before = try ProcessMemory.resident()
    let watch = Stopwatch()
    try laptop.sync()
    let milliseconds = watch.milliseconds
    let peak = try ProcessMemory.peak()
    Host.releaseFreeMemory()
    let object: JSONObject = [
      "milliseconds": .int(Int(milliseconds)),
      "growth_bytes": .int(max(0, peak - max(before, try ProcessMemory.resident()))),
    ]
    return CommandOutcome(output: JSONValue.object(object).bytes)
  }
}
