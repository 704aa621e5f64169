import Glibc
import JSON
import Platform

/// A temporary directory with the programs of this package to run in it. Everything is gone, files
/// and processes, when it is.
final class ProgramFixture {
  let directory: String
  let programs: String
  private let environment: [String]

  init() throws {
    let parent = Host.environment("TMPDIR") ?? "/tmp"
    var template = Array("\(parent)/satchel-programs-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestFailure("mkdtemp: \(errno)") }
    directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    programs = try Self.programDirectory()
    environment = ["HOME=\(directory)", "TZ=UTC"]
    try POSIXFileSystem().createDirectory("\(directory)/tmp")
  }

  deinit { try? POSIXFileSystem().removeTree(directory) }

  /// The programs lie beside the test bundle.
  private static func programDirectory() throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
    let bytes = buffer.prefix(max(0, length)).map(UInt8.init(bitPattern:))
    let own = String(decoding: bytes, as: UTF8.self)
    for candidate in [own] + (bundle.map { [$0] } ?? []) {
      let directory = parentDirectory(of: candidate)
      if access("\(directory)/satchel", X_OK) == 0 { return directory }
    }
    throw TestFailure("the programs are not beside \(own)")
  }

  func path(_ name: String) -> String { "\(directory)/\(name)" }

  /// Starts a program and does not wait for it.
  func start(
    _ program: String, _ arguments: [String], input: String? = nil, environment more: [String] = []
  ) throws -> ChildProcess {
    let inputFile = try input.map { text in
      let path = self.path("tmp/input-\(SystemRandom().uint64())")
      try write(text, to: path)
      return path
    }
    return try ChildProcess(
      "\(programs)/\(program)", arguments, input: inputFile, environment: environment + more,
      directory: path("tmp"))
  }

  func run(
    _ program: String, _ arguments: [String], input: String? = nil
  ) throws -> ProgramResult {
    try start(program, arguments, input: input).wait()
  }

  /// Runs a program that must do what it should.
  @discardableResult
  func succeed(
    _ program: String, _ arguments: [String], input: String? = nil
  ) throws -> ProgramResult {
    let result = try run(program, arguments, input: input)
    guard result.status == 0 else {
      throw TestFailure("\(program) \(arguments): \(result.status) \(result.errors)")
    }
    return result
  }

  /// Copies a directory that nobody writes to.
  func copy(_ from: String, to: String) throws {
    let child = try ChildProcess(
      "/bin/cp", ["-a", from, to], environment: environment, directory: path("tmp"))
    let result = try child.wait()
    guard result.status == 0 else { throw TestFailure(result.errors) }
  }

  /// Copies a store so that it does not notice: as if it had always been there.
  func copyUnnoticed(_ from: String, to: String) throws {
    try copy(from, to: to)
    try forgetPlace(of: to)
  }

  /// Makes a store take the place where it is now for that where it always was.
  func forgetPlace(of store: String) throws {
    let identity = "\(store)/store.json"
    guard var object = try JSONValue(parsing: readWhole(identity)).objectValue else {
      throw TestFailure("\(identity) is no object")
    }
    object["place"] = nil
    try POSIXFileSystem().writeFileDurably(identity, JSONValue.object(object).prettyBytes())
  }
}

func readWhole(_ path: String) throws -> [UInt8] { try POSIXFileSystem().readFile(path) }

func write(_ text: String, to path: String) throws {
  try POSIXFileSystem().writeFileDurably(path, Array(text.utf8))
}

/// Replaces a text in a file; it must be there.
func replace(_ old: String, by new: String, in path: String) throws {
  let text = String(decoding: try readWhole(path), as: UTF8.self)
  let parts = text.split(separator: old, omittingEmptySubsequences: false)
  guard parts.count > 1 else { throw TestFailure("\(path) does not hold \(old)") }
  try write(parts.joined(separator: new), to: path)
}
