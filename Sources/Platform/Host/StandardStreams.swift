internal import Glibc

/// Everything that comes on standard input, until its end.
///
/// - Throws: `EFBIG` when more than `maximumByteCount` bytes come; the rest is left unread.
package func readStandardInput(maximumByteCount: Int) throws(SystemError) -> [UInt8] {
  try readToEnd(of: STDIN_FILENO, "standard input", maximumByteCount: maximumByteCount)
}

/// Writes all bytes to standard output.
///
/// - Throws: `EPIPE` when nobody reads it any more, if `ignoreBrokenPipes()` was called.
package func writeStandardOutput(_ bytes: [UInt8]) throws(SystemError) {
  try writeAll(bytes, to: STDOUT_FILENO, "standard output")
}

/// Writes all bytes to standard error, as far as that works: there is nowhere to say that it
/// failed.
package func writeStandardError(_ bytes: [UInt8]) {
  try? writeAll(bytes, to: STDERR_FILENO, "standard error")
}

/// Whether a person sits at the other end of a descriptor: 0 input, 1 output, 2 error.
package func isTerminal(_ descriptor: Int32) -> Bool {
  isatty(descriptor) == 1
}

func readToEnd(
  of descriptor: Int32, _ name: String, maximumByteCount: Int
) throws(SystemError) -> [UInt8] {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = Glibc.read(descriptor, &chunk, chunk.count)
    let code = errno
    if count == 0 { return bytes }
    if count < 0 {
      try waitIfPossible(descriptor, for: POLLIN, "read", name, code)
      continue
    }
    guard count <= maximumByteCount - bytes.count else {
      throw SystemError("read", name, code: EFBIG)
    }
    bytes += chunk[..<count]
  }
}

func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ name: String) throws(SystemError) {
  var written = 0
  while written < bytes.count {
    let (count, code) = bytes.withUnsafeBytes {
      (Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written), errno)
    }
    if count < 0 {
      try waitIfPossible(descriptor, for: POLLOUT, "write", name, code)
    } else {
      written += count
    }
  }
}

/// After an interruption, or when the descriptor would block, waits until it is worth trying again.
/// Somebody who shares the terminal may have made it non-blocking.
private func waitIfPossible(
  _ descriptor: Int32, for event: Int32, _ operation: String, _ name: String, _ code: Int32
) throws(SystemError) {
  switch code {
  case EINTR:
    return
  case EAGAIN:
    var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    poll(&request, 1, -1)
  default:
    throw SystemError(operation, name, code: code)
  }
}
