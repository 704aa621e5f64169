package import CommandLineTool
import Platform
import Replica
package import Storage

/// Passphrases as they come to a program: in the file that an option names, in the environment, or from a person.
package struct PassphraseInput: PassphraseSource {
  private static let maximumByteCount = 4_096

  private let file: String?
  private let variable: String

  /// The passphrase of the store.
  package init(_ invocation: Invocation) {
    (file, variable) = (invocation.value("--passphrase-file"), "SATCHEL_PASSPHRASE")
  }

  private init(file: String?, variable: String) { (self.file, self.variable) = (file, variable) }

  /// The one that it gets.
  static func new(_ invocation: Invocation) -> PassphraseInput {
    PassphraseInput(
      file: invocation.value("--new-passphrase-file"), variable: "SATCHEL_NEW_PASSPHRASE")
  }

  package func passphrase(_ question: String) throws(StorageError) -> String? {
    if let file { return try Self.firstLine(of: file) }
    if let text = Host.environment(variable), !text.isEmpty { return text }
    return Terminal.askSecretly(question).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether nobody gives one, and nobody can be asked.
  var isSilent: Bool {
    file == nil && (Host.environment(variable) ?? "").isEmpty && !Terminal.isThere
  }

  /// One that nobody knows yet: a person types it twice.
  func newPassphrase() throws -> String {
    let question = "New passphrase"
    guard let text = try passphrase(question), !text.isEmpty else {
      throw UsageError(
        "a passphrase is wanted: on a terminal, in \(variable) or in the file that "
          + "\(variable == "SATCHEL_PASSPHRASE" ? "--passphrase-file" : "--new-passphrase-file") names"
      )
    }
    let isTyped = file == nil && (Host.environment(variable) ?? "").isEmpty
    if isTyped, try passphrase("The same again") != text {
      throw UsageError("the two passphrases differ; nothing was changed")
    }
    return text
  }

  fileprivate static func firstLine(of file: String) throws(StorageError) -> String {
    do throws(SystemError) {
      let bytes = try POSIXFileSystem().readFile(file, maximumByteCount: maximumByteCount)
      let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      return String(decoding: line, as: UTF8.self)
    } catch {
      throw StorageError(.system, path: file, problem: "the passphrase cannot be read: \(error)")
    }
  }
}

/// A person's password as it comes to a program: read where it was typed, whoever checks it.
enum PasswordInput {
  private static let variable = "SATCHEL_PASSWORD"

  /// - Returns: nil if there is nobody to ask.
  static func read(_ invocation: Invocation) throws(StorageError) -> [UInt8]? {
    if let file = invocation.value("--password-file") {
      return Array(try PassphraseInput.firstLine(of: file).utf8)
    }
    if let text = Host.environment(variable), !text.isEmpty { return Array(text.utf8) }
    let whose = invocation.operand(0).map { " of \($0)" } ?? ""
    return Terminal.askSecretly("Password\(whose)")
  }
}
