import CommandLineTool
import Documents
import Platform
import Storage

/// An export that the owner of a store makes for another program: it waits in a file of the store, so that
/// neither has all of it in memory. The file is sealed with a key that is used once and told to that program only:
/// what a crash leaves of it says nothing to anybody, and goes when the store is opened.
enum ExportSpool {
  /// - Returns: an outcome that prints the file's path and, on a line of its own, the key.
  static func write(
    _ layout: StoreLayout, _ export: (any ByteSink) throws -> Void
  ) throws -> CommandOutcome {
    let fileSystem = POSIXFileSystem()
    let secret = SystemRandom().bytes(SealingKey.byteCount)
    let file = try AppendedFile(layout.exportSpool(SystemRandom().uint64()), fileSystem)
    defer { file.close() }
    do {
      let sink = SealedSink(file, try key(secret))
      try export(sink)
      try sink.finish()
    } catch {
      try? fileSystem.removeFile(file.path)
      throw error
    }
    return CommandOutcome(printing: "\(file.path)\n\(HexText.text(secret))")
  }

  private static func key(_ secret: [UInt8]) throws -> SealingKey {
    SealingKey(SecretBytes(secret), try Cryptography.load(), random: SystemRandom())
  }

  /// Hands on what the owner wrote, and removes it.
  static func deliver(
    _ outcome: CommandOutcome, to sink: any ByteSink
  ) throws -> CommandOutcome {
    guard outcome.status == 0 else { return outcome }
    let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
    guard lines.count == 2, let secret = HexText.bytes(String(lines[1])),
      secret.count == SealingKey.byteCount
    else { throw InputError("the owner of the store gave no export") }
    let fileSystem = POSIXFileSystem()
    let file = try fileSystem.open(String(lines[0]), .read)
    defer { file.close() }
    // It stays readable while it is open.
    try fileSystem.removeFile(file.path)
    try SealedSink.forEachChunk(of: file, try key(secret)) { try sink.write($0) }
    var outcome = outcome
    outcome.output = []
    return outcome
  }
}

/// Seals what is written in chunks: each behind its length in four bytes, little-endian; an empty one is the last.
private final class SealedSink: ByteSink {
  private static let chunkByteCount = 1 << 20
  private static let lengthByteCount = 4

  private let file: AppendedFile
  private let key: SealingKey
  private var number: UInt64 = 0
  private var buffer: [UInt8] = []

  init(_ file: AppendedFile, _ key: SealingKey) { (self.file, self.key) = (file, key) }

  func write(_ bytes: [UInt8]) throws(SystemError) {
    buffer += bytes
    if buffer.count >= Self.chunkByteCount { try flush() }
  }

  func finish() throws(SystemError) {
    if !buffer.isEmpty { try flush() }
    try flush()
  }

  private func flush() throws(SystemError) {
    guard let sealed = key.sealed(buffer, companion: Self.companion(number)) else {
      throw SystemError.lackOfMemory(file.path)
    }
    let count = UInt32(sealed.count)
    try file.write((0..<Self.lengthByteCount).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) })
    try file.write(sealed)
    number += 1
    buffer.removeAll(keepingCapacity: true)
  }

  private static func companion(_ number: UInt64) -> [UInt8] { Array("export \(number)".utf8) }

  static func forEachChunk(
    of file: any File, _ key: SealingKey, _ body: ([UInt8]) throws -> Void
  ) throws {
    var (place, number) = (0, UInt64(0))
    while true {
      let length = try file.read(at: place, count: lengthByteCount)
      let count = length.reversed().reduce(0) { $0 << 8 | Int($1) }
      let sealed = try file.read(at: place + lengthByteCount, count: count)
      guard length.count == lengthByteCount,
        let chunk = key.opened(sealed, companion: companion(number))
      else { throw InputError("the export is damaged: try again") }
      if chunk.isEmpty { return }
      try body(chunk)
      (place, number) = (place + lengthByteCount + count, number + 1)
    }
  }
}
