/// Takes a body out of the chunked transfer coding (RFC 9112, section 7.1), without extensions and
/// trailers, which are refused.
struct ChunkedDecoder: Sendable {
  /// The most digits of a chunk's size.
  private static let maximumDigitCount = 15

  private enum State {
    case size(digitCount: Int)
    case sizeEnd
    case data(remaining: Int)
    case dataCarriageReturn, dataLineFeed
    case lastCarriageReturn, lastLineFeed
    case done
  }

  private var state = State.size(digitCount: 0)
  private var size = 0

  /// Moves what it can from `queue` to `body`.
  /// - Parameter limit: the most bytes that `body` may have.
  /// - Returns: whether the body is complete.
  /// - Throws: 413 as soon as a chunk's size goes beyond the limit, else 400.
  mutating func decode(
    _ queue: inout ByteQueue, into body: inout [UInt8], limit: Int
  ) throws(HTTPRefusal) -> Bool {
    while !queue.isEmpty {
      if case .data(let remaining) = state {
        let count = min(remaining, queue.count)
        queue.move(count, to: &body)
        state = count == remaining ? .dataCarriageReturn : .data(remaining: remaining - count)
      } else {
        let byte = queue[0]
        queue.drop(1)
        try step(byte, free: limit - body.count)
        if case .done = state { return true }
      }
    }
    return false
  }

  private mutating func step(_ byte: UInt8, free: Int) throws(HTTPRefusal) {
    switch state {
    case .size(let digitCount): try readSize(byte, digitCount: digitCount)
    case .sizeEnd:
      try expect(ASCII.lineFeed, byte)
      guard size <= free else { throw .bodyTooLarge }
      state = size == 0 ? .lastCarriageReturn : .data(remaining: size)
      size = 0
    case .dataCarriageReturn: state = try expect(ASCII.carriageReturn, byte, then: .dataLineFeed)
    case .dataLineFeed: state = try expect(ASCII.lineFeed, byte, then: .size(digitCount: 0))
    case .lastCarriageReturn: state = try expect(ASCII.carriageReturn, byte, then: .lastLineFeed)
    case .lastLineFeed: state = try expect(ASCII.lineFeed, byte, then: .done)
    case .data, .done: preconditionFailure("not a byte of the coding")
    }
  }

  private mutating func readSize(_ byte: UInt8, digitCount: Int) throws(HTTPRefusal) {
    if let digit = ASCII.hexadecimal(byte), digitCount < Self.maximumDigitCount {
      size = size << 4 | Int(digit)
      state = .size(digitCount: digitCount + 1)
    } else {
      guard digitCount > 0 else { throw Self.malformed }
      state = try expect(ASCII.carriageReturn, byte, then: .sizeEnd)
    }
  }

  private func expect(
    _ wanted: UInt8, _ byte: UInt8, then next: State
  ) throws(HTTPRefusal) -> State {
    try expect(wanted, byte)
    return next
  }

  private func expect(_ wanted: UInt8, _ byte: UInt8) throws(HTTPRefusal) {
    guard byte == wanted else { throw Self.malformed }
  }

  private static let malformed = HTTPRefusal.malformed("The chunked body is malformed.")
}
