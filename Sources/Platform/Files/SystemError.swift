internal import CSystem
internal import Glibc

/// An operation of the system that failed.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The call that failed: "open", "fdatasync", "rename".
  package var operation: String
  /// What it was called for; empty when the call has no path.
  package var path: String
  /// The `errno` of the call, captured at once.
  package var code: Int32

  package init(_ operation: String, _ path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// The operation, the path and the system's words: "open /a/b: No such file or directory".
  package var description: String {
    let subject = path.isEmpty ? operation : "\(operation) \(path)"
    return "\(subject): \(reason)"
  }

  /// The system's words for the code, in English: "No such file or directory".
  package var reason: String {
    var text = [CChar](repeating: 0, count: 128)
    system_describe(code, &text, text.count)
    return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  /// Something could not be sealed for a file.
  package static func lackOfMemory(_ path: String) -> SystemError {
    SystemError("seal", path, code: ENOMEM)
  }

  /// The disk, or the user's share of it, is full. The caller may free space and try again.
  package var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }

  /// Nobody reads what was written, such as the output of a program whose reader has ended.
  package var isBrokenPipe: Bool { code == EPIPE }

  /// Nothing has that name.
  package var isNotFound: Bool { code == ENOENT }

  /// Something has that name already.
  package var isAlreadyThere: Bool { code == EEXIST }

  /// The file system is mounted read-only.
  package var isReadOnly: Bool { code == EROFS }

  /// This user may not do that.
  package var isPermission: Bool { code == EACCES || code == EPERM }
}
