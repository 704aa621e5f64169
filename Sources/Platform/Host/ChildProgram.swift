internal import Glibc

/// A program that this one runs and waits for.
package enum ChildProgram {
  /// This program, by a name that a child process understands too.
  package static let ownPath = "/proc/self/exe"

  /// How a program ended, and what it wrote on standard output.
  package struct Result: Sendable {
    /// The exit status; 128 and the signal for a program that a signal ended.
    package let status: Int32
    package let output: [UInt8]
  }

  /// Runs a program to its end. It reads nothing, shares standard error, and no signal is blocked in
  /// it.
  ///
  /// - Throws: if it cannot be started, or writes more than `maximumByteCount` bytes.
  package static func run(
    _ path: String, _ arguments: [String], maximumByteCount: Int = 1 << 20
  ) throws(SystemError) -> Result {
    var pipes: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &pipes) == 0 else {
      throw SystemError("socketpair", path, code: errno)
    }
    defer { close(pipes[0]) }
    let process = try start(path, arguments, output: pipes[1])
    let output = Swift.Result { () throws(SystemError) in
      try readToEnd(of: pipes[0], path, maximumByteCount: maximumByteCount)
    }
    // One that writes on is stopped by this: nobody reads it any more.
    if case .failure = output { kill(process, SIGKILL) }
    return Result(status: wait(for: process), output: try output.get())
  }

  /// Closes the descriptor that the program writes to.
  private static func start(
    _ path: String, _ arguments: [String], output: Int32
  ) throws(SystemError) -> pid_t {
    defer { close(output) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var process: pid_t = 0
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    let code = posix_spawn(&process, path, &actions, &attributes, words, environ)
    guard code == 0 else { throw SystemError("posix_spawn", path, code: code) }
    return process
  }

  private static func wait(for process: pid_t) -> Int32 {
    var raw: Int32 = 0
    while waitpid(process, &raw, 0) < 0, errno == EINTR {}
    let signal = raw & 0x7f
    return signal == 0 ? (raw >> 8) & 0xff : 128 + signal
  }
}
