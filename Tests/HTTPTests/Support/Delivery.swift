internal import TestSupport

/// How a stream's bytes are handed to the system: in one piece or in many.
enum Delivery: Sendable, CaseIterable {
  case whole, byteByByte, random

  /// A stream longer than this goes in pieces of 61 bytes instead of single ones.
  private static let singleByteCount = 2_048

  /// - Parameter seed: of a split at random.
  func pieces(of bytes: [UInt8], seed: Int) -> [ArraySlice<UInt8>] {
    switch self {
    case .whole: [bytes[...]]
    case .byteByByte: Self.split(bytes) { bytes.count > Self.singleByteCount ? 61 : 1 }
    case .random: Self.split(bytes, seed: seed)
    }
  }

  /// Splits at random places: into a few large pieces, many small ones, or both.
  static func split(_ bytes: [UInt8], seed: Int) -> [ArraySlice<UInt8>] {
    var generator = SeededGenerator(seed: seed)
    let largest = 1 + generator.below(max(1, generator.pick([3, 20, bytes.count])))
    return split(bytes) { 1 + generator.below(largest) }
  }

  private static func split(_ bytes: [UInt8], by size: () -> Int) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(size())
      pieces.append(piece)
      rest = rest.dropFirst(piece.count)
    }
    return pieces
  }
}
