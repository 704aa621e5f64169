import Glibc

/// What a program left when it ended.
struct ProgramResult: Sendable {
  var status: Int32
  var output: [UInt8]
  var errors: String

  var text: String { String(decoding: output, as: UTF8.self) }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A program that this test started. Standard output goes to a file, standard error through a pipe
/// whose end tells that the program is over. It does not outlive this object.
final class ChildProcess {
  let id: pid_t
  private let outputFile: String
  private let errorPipe: Int32
  private var errors: [UInt8] = []
  private var status: Int32?

  /// - Parameters:
  ///   - input: a file for standard input; nil for none.
  ///   - directory: a place for the program's output.
  init(
    _ program: String, _ arguments: [String], input: String? = nil, environment: [String],
    directory: String
  ) throws {
    outputFile = "\(directory)/output-\(Self.newNumber())"
    var pipes: [Int32] = [-1, -1]
    // Closed in every program that is started: else one of them could keep another's pipe open.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &pipes) == 0 else { throw TestFailure("pipe: \(errno)") }
    defer { close(pipes[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, 1, outputFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 2)
    var started: pid_t = 0
    // Without a terminal: no program waits for what somebody types there.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // POSIX_SPAWN_SETSID, which Swift's module hides.
    posix_spawnattr_setflags(&attributes, 0x80)
    let code = withCStrings([program] + arguments) { argv in
      withCStrings(environment) { posix_spawn(&started, program, &actions, &attributes, argv, $0) }
    }
    guard code == 0 else {
      close(pipes[0])
      throw TestFailure("\(program) cannot be started: \(code)")
    }
    (id, errorPipe) = (started, pipes[0])
  }

  deinit {
    if status == nil {
      Glibc.kill(id, SIGKILL)
      var ignored: Int32 = 0
      waitpid(id, &ignored, 0)
    }
    close(errorPipe)
    unlink(outputFile)
  }

  func signal(_ signal: Int32) {
    if status == nil { Glibc.kill(id, signal) }
  }

  /// Whether the program has ended, by itself or not.
  var isOver: Bool {
    if status != nil { return true }
    var information = siginfo_t()
    let code = waitid(P_PID, id_t(id), &information, WEXITED | WNOHANG | WNOWAIT)
    return code == 0 && information.si_signo == SIGCHLD
  }

  /// Waits until the program has written a line on standard error.
  func firstErrorLine(withinSeconds seconds: Double = 20) throws -> String {
    let deadline = Deadline(seconds)
    while !errors.contains(UInt8(ascii: "\n")) {
      guard try readErrors(deadline) else {
        throw TestFailure("it ended: \(String(decoding: errors, as: UTF8.self))")
      }
    }
    return String(decoding: errors.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// Waits until the program is over; one that takes too long is killed, and this throws.
  func wait(withinSeconds seconds: Double = 60) throws -> ProgramResult {
    let deadline = Deadline(seconds)
    do { while try readErrors(deadline) {} } catch {
      signal(SIGKILL)
      _ = reap()
      throw error
    }
    return ProgramResult(
      status: reap(), output: try readWhole(outputFile),
      errors: String(decoding: errors, as: UTF8.self))
  }

  /// The exit status; 128 and the signal for a program that was killed.
  private func reap() -> Int32 {
    if let status { return status }
    var raw: Int32 = 0
    while waitpid(id, &raw, 0) < 0, errno == EINTR {}
    let signal = raw & 0x7f
    let result = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
    status = result
    return result
  }

  /// - Returns: false at the end.
  private func readErrors(_ deadline: Deadline) throws -> Bool {
    var ready = pollfd(fd: errorPipe, events: Int16(POLLIN), revents: 0)
    let count = poll(&ready, 1, deadline.milliseconds)
    if count < 0, errno == EINTR { return true }
    guard count > 0 else { throw TestFailure("process \(id) takes too long") }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let length = read(errorPipe, &buffer, buffer.count)
    guard length > 0 else { return false }
    errors += buffer[..<length]
    return true
  }

  private static func newNumber() -> UInt64 {
    var number: UInt64 = 0
    getentropy(&number, 8)
    return number
  }
}

/// A moment after which a test has waited long enough.
struct Deadline {
  private let end: ContinuousClock.Instant

  init(_ seconds: Double) { end = .now + .seconds(seconds) }

  var isOver: Bool { .now >= end }

  /// What is left.
  var milliseconds: Int32 {
    Int32(max(0, min(600_000, ContinuousClock.now.duration(to: end) / .milliseconds(1))))
  }
}

private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  pointers.append(nil)
  return pointers.withUnsafeMutableBufferPointer { buffer in
    guard let start = buffer.baseAddress else { preconditionFailure("there is a last element") }
    return body(start)
  }
}
