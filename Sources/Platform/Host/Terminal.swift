internal import Glibc

/// The terminal that the program was started from, whatever standard input and output are.
package enum Terminal {
  private static let path = "/dev/tty"
  private static let maximumByteCount = 4_096

  /// Whether somebody can be asked.
  package static var isThere: Bool {
    let descriptor = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    if descriptor >= 0 { close(descriptor) }
    return descriptor >= 0
  }

  /// Asks for a line that is not shown while it is typed.
  /// - Returns: nil if there is no terminal, or if the person ended the input.
  package static func askSecretly(_ question: String) -> [UInt8]? {
    let descriptor = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var shown = termios()
    guard tcgetattr(descriptor, &shown) == 0 else { return nil }
    var hidden = shown
    hidden.c_lflag &= ~tcflag_t(ECHO)
    guard tcsetattr(descriptor, TCSAFLUSH, &hidden) == 0 else { return nil }
    // Also after an interrupt the shell sets its terminal as it wants it.
    defer { tcsetattr(descriptor, TCSAFLUSH, &shown) }
    try? writeAll(Array("\(question): ".utf8), to: descriptor, path)
    let line = readLine(descriptor)
    try? writeAll([UInt8(ascii: "\n")], to: descriptor, path)
    return line
  }

  private static func readLine(_ descriptor: Int32) -> [UInt8]? {
    var line: [UInt8] = []
    while line.count < maximumByteCount {
      var byte: UInt8 = 0
      let count = read(descriptor, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { return nil }
      if byte == UInt8(ascii: "\n") { return line }
      line.append(byte)
    }
    return nil
  }
}
