import Platform

extension StreamSocket {
  /// Writes all bytes, waiting where the peer takes none.
  /// - Parameter isStopped: asked now and then: whether to give up.
  /// - Returns: false if the connection is broken, or it was given up.
  func writeAll(_ bytes: [UInt8], unless isStopped: () -> Bool) -> Bool {
    var offset = 0
    while offset < bytes.count {
      if isStopped() { return false }
      guard let written = try? write(bytes, from: offset) else {
        // Nil is a full buffer; a broken connection throws, and `try?` flattens both.
        guard (try? wait(for: .writable, milliseconds: 1000))?.contains(.broken) == false else {
          return false
        }
        continue
      }
      offset += written
    }
    return true
  }
}
