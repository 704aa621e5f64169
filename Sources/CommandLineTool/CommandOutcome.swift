/// What a command leaves: what it prints and its exit status.
package struct CommandOutcome: Sendable {
  package var status: Int32
  /// For standard output.
  package var output: [UInt8]
  /// Lines for standard error, without the program's name.
  package var errors: [String]

  package init(status: Int32 = 0, output: [UInt8] = [], errors: [String] = []) {
    self.status = status
    self.output = output
    self.errors = errors
  }

  package init(printing text: String) { self.init(output: Array(text.utf8)) }

  /// A command that failed: one line.
  package static func failure(_ message: String, status: Int32 = 1) -> CommandOutcome {
    CommandOutcome(status: status, errors: [message])
  }
}
