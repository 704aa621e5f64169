import Documents
import Platform

/// The file of what a laptop remembers of its people, until its server has it: lines, each sealed if the store is.
extension Store {
  private static let lineEnd = UInt8(ascii: "\n")

  /// A line as it stands in the file, without its end.
  /// - Parameter number: of the line: it opens at no other place.
  package func sealedLine(_ line: [UInt8], number: UInt64) throws(StorageError) -> [UInt8] {
    guard isSealed else { return line }
    return Array(HexText.text(try environment.seal.sealed(line, as: Self.piece(number))).utf8)
  }

  /// - Returns: nil if it is another line, or was changed.
  package func openedLine(_ line: ArraySlice<UInt8>, number: UInt64) -> [UInt8]? {
    guard isSealed else { return Array(line) }
    return HexText.bytes(String(decoding: line, as: UTF8.self)).flatMap {
      environment.seal.opened($0, as: Self.piece(number))
    }
  }

  private static func piece(_ number: UInt64) -> SealedPiece { .file("audit/\(number)") }

  /// Writes behind what is certain; what stands there is dropped. With the system on return.
  package func appendAudit(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
    try withAudit { (file) throws(SystemError) in
      try file.truncate(to: offset)
      try file.write(bytes, at: offset)
    }
  }

  package func synchronizeAudit() throws(StorageError) {
    try withAudit { (file) throws(SystemError) in try file.synchronize() }
  }

  private func withAudit(
    _ body: (any File) throws(SystemError) -> Void
  ) throws(StorageError) {
    try translated { () throws(SystemError) in
      let file = try environment.fileSystem.open(layout.audit, .openOrCreate)
      defer { file.close() }
      try body(file)
    }
  }

  /// The lines that have an end; none if the file cannot be read.
  package func auditLines() -> [ArraySlice<UInt8>] {
    guard
      let bytes = try? environment.fileSystem.readFile(layout.audit, maximumByteCount: .max),
      let end = bytes.lastIndex(of: Self.lineEnd)
    else { return [] }
    return bytes[..<end].split(separator: Self.lineEnd, omittingEmptySubsequences: false)
  }

  /// Drops the file.
  package func removeAudit() throws(StorageError) {
    try translated { () throws(SystemError) in
      guard try environment.fileSystem.status(layout.audit) != nil else { return }
      try environment.fileSystem.removeFile(layout.audit)
    }
  }
}
