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

  /// Runs a program to its end. It shares standard error, and no signal is blocked in it.
  ///
  /// - Parameters:
  ///   - input: the file that it reads as standard input; nothing without one.
  ///   - isWanted: asked some times a second; when it says no, the program is killed.
  /// - Throws: if it cannot be started, writes more than `maximumByteCount` bytes, or is not wanted any
  ///   more (`ECANCELED`).
  package static func run(
    _ path: String, _ arguments: [String], input: String = "/dev/null",
    maximumByteCount: Int = 1 << 20,
    while isWanted: () -> Bool = { true }
  ) throws(SystemError) -> Result {
    var pipes: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &pipes) == 0 else {
      throw SystemError("socketpair", path, code: errno)
    }
    defer { close(pipes[0]) }
    let process = try start(path, arguments, input: input, output: pipes[1])
    let output = Swift.Result { () throws(SystemError) in
      try readOutput(of: path, pipes[0], maximumByteCount, while: isWanted)
    }
    // Nobody reads it any more, or nobody wants it.
    if case .failure = output { kill(process, SIGKILL) }
    return Result(status: wait(for: process), output: try output.get())
  }

  private static let pauseMilliseconds: Int32 = 200

  private static func readOutput(
    of path: String, _ descriptor: Int32, _ maximumByteCount: Int, while isWanted: () -> Bool
  ) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      guard isWanted() else { throw SystemError("wait", path, code: ECANCELED) }
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&wanted, 1, pauseMilliseconds) > 0 else { continue }
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      let code = errno
      if count == 0 { return bytes }
      guard count > 0 else {
        if code == EINTR || code == EAGAIN { continue }
        throw SystemError("read", path, code: code)
      }
      guard bytes.count + count <= maximumByteCount else {
        throw SystemError("read", path, code: EFBIG)
      }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Closes the descriptor that the program writes to.
  private static func start(
    _ path: String, _ arguments: [String], input: String, output: Int32
  ) throws(SystemError) -> pid_t {
    defer { close(output) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
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
