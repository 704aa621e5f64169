import Documents

/// The payload of a commit frame:
///
///     offset  size
///          0     8  number of frames in the batch, without this one, little-endian
///          8     8  the feed's mark at the end of the batch, little-endian
///         16     8  sequence number up to which the log was durable when the batch was written
///         24    16  chain: the first bytes of the digest of the chain before and of the checksums of
///                   the batch's payloads
///
struct BatchEnd: Equatable {
  let frameCount: UInt64
  let mark: UInt64
  let durable: UInt64
  let chain: LogChain

  var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendLittleEndian(frameCount)
    bytes.appendLittleEndian(mark)
    bytes.appendLittleEndian(durable)
    return bytes + chain.bytes
  }

  init(frameCount: UInt64, mark: UInt64, durable: UInt64, chain: LogChain) {
    self.frameCount = frameCount
    self.mark = mark
    self.durable = durable
    self.chain = chain
  }

  init?(_ payload: [UInt8]) {
    guard payload.count == 24 + LogChain.byteCount else { return nil }
    frameCount = payload.littleEndian(UInt64.self, at: 0)
    mark = payload.littleEndian(UInt64.self, at: 8)
    durable = payload.littleEndian(UInt64.self, at: 16)
    chain = LogChain(bytes: Array(payload[24...]))
  }
}

/// Stands for all batches up to one: two logs with the same chain hold the same batches.
struct LogChain: Equatable, Sendable {
  static let byteCount = 16
  /// Before the first batch.
  static let start = LogChain(bytes: [UInt8](repeating: 0, count: byteCount))

  let bytes: [UInt8]

  /// The chain after another batch.
  /// - Parameter checksums: of the payloads of its frames.
  func adding(_ checksums: [UInt32], digest: Digest) -> LogChain {
    var input = bytes
    for checksum in checksums { input.appendLittleEndian(checksum) }
    return LogChain(bytes: Array(digest(input).prefix(Self.byteCount)))
  }
}
