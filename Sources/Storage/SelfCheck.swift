import Documents
import Platform

/// The checksum at the end of a document's file: it shows damage also where the index is lost.
///
/// The last member of `_sync`, and so of the file, is `"check":"xxxxxxxx"`: the CRC-32C of all bytes
/// before its comma, in hexadecimal digits. Behind it stand `}}` and a line feed.
enum SelfCheck {
  private static let start = Array(",\"check\":\"".utf8)
  private static let end = Array("\"}}\n".utf8)
  private static let digitCount = 8

  /// - Parameter bytes: of an object that ends in another one, without white space behind it.
  static func added(to bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes.removeLast(2)
    let checksum = crc32c(bytes, seed: 0)
    bytes += start
    bytes += digits(checksum)
    bytes += end
    return bytes
  }

  static func holds(for bytes: [UInt8]) -> Bool {
    let count = bytes.count - start.count - digitCount - end.count
    guard count > 0 else { return false }
    return Array(bytes[count...]) == start + digits(crc32c(bytes[..<count], seed: 0)) + end
  }

  private static func digits(_ checksum: UInt32) -> [UInt8] {
    HexText.text((0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * $0)) }).utf8.map {
      $0
    }
  }
}
