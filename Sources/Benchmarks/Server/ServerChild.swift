import CommandLineTool
import Foundation
import Platform
import Replica
import Server
import Synchronization

/// A server in a process of its own, which holds nothing else.
final class ServerChild {
  /// The word that makes this program serve a data directory until it is ended.
  static let verb = "serve"

  let address: String
  let process: Int
  private let program: BackgroundProgram

  var port: UInt16 { address.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }
  var url: String { "http://\(address)" }

  /// Starts it on a data directory that nobody has open.
  init(_ data: String) throws {
    let file = data + ".port"
    program = try BackgroundProgram(ChildProgram.ownPath, [Self.verb, data, file])
    let text = try program.waitForFile(file)
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 2, let process = Int(words[1]) else {
      throw BenchmarkError("the server says \(text)")
    }
    (address, self.process) = (words[0], process)
  }

  func stop() { program.stop() }

  /// Does in the child process what the parent asked for.
  static func answer(_ operands: [String]) -> CommandOutcome {
    guard operands.count == 2 else { return .failure("\(verb) DIR FILE", status: 2) }
    do {
      Host.allowOpenFiles()
      let data = try ServerData.open(operands[0], setup: try ReplicaSetup.system())
      let server = try RunningServer(data: data, settings: ServerSettings(listen: "127.0.0.1:0"))
      let text = "\(server.address) \(ProcessInfo.processInfo.processIdentifier)"
      try POSIXFileSystem().writeFileDurably(operands[1], Array(text.utf8))
      while true { pause(microseconds: 1_000_000) }
    } catch {
      return .failure("\(error)")
    }
  }
}

/// A program that runs until it is not wanted any more.
final class BackgroundProgram {
  private let isWanted: Wanted
  private let thread: SystemThread

  private final class Wanted: Sendable {
    let value = Atomic(true)
    let failure = Mutex<String?>(nil)
  }

  init(_ path: String, _ arguments: [String]) throws {
    let isWanted = Wanted()
    self.isWanted = isWanted
    thread = try SystemThread {
      do throws(SystemError) {
        let result = try ChildProgram.run(path, arguments) {
          isWanted.value.load(ordering: .acquiring)
        }
        isWanted.failure.withLock { $0 = "\(path) ended with status \(result.status)" }
      } catch {
        isWanted.failure.withLock { $0 = "\(error)" }
      }
    }
  }

  /// What a program writes once it is ready.
  func waitForFile(_ path: String) throws -> String {
    for _ in 0..<2000 {
      if let bytes = try? POSIXFileSystem().readFile(path), !bytes.isEmpty {
        return String(decoding: bytes, as: UTF8.self)
      }
      if let failure = isWanted.failure.withLock({ $0 }) { throw BenchmarkError(failure) }
      pause(microseconds: 5000)
    }
    throw BenchmarkError("\(path) is not written")
  }

  func stop() {
    isWanted.value.store(false, ordering: .releasing)
    thread.join()
  }
}

/// What another process has used.
enum ProcessUse {
  private static let ticksPerSecond = 100.0

  /// Seconds of processor time, of the process alone.
  static func seconds(_ process: Int) throws -> Double {
    let text = try read("/proc/\(process)/stat")
    // The name in brackets may hold blanks.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      throw BenchmarkError("/proc/\(process)/stat says nothing")
    }
    return (user + system) / ticksPerSecond
  }

  static func children(_ process: Int) throws -> [Int] {
    try read("/proc/\(process)/task/\(process)/children").split(separator: " ").compactMap {
      Int($0)
    }
  }

  /// Bytes in memory.
  static func resident(_ process: Int) throws -> Int {
    guard let count = ProcessStatus.byteCount("VmRSS", in: try read("/proc/\(process)/status"))
    else { throw BenchmarkError("/proc/\(process)/status does not say VmRSS") }
    return count
  }

  private static func read(_ path: String) throws -> String {
    let file = try POSIXFileSystem().open(path, .read)
    defer { file.close() }
    return String(decoding: try file.read(at: 0, count: 1 << 16), as: UTF8.self)
  }
}
