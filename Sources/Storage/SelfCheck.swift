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
  static func add(to bytes: inout [UInt8]) {
    bytes.removeLast(2)
    let checksum = crc32c(bytes, seed: 0)
    bytes += start
    for place in 0..<digitCount { bytes.append(digit(place, of: checksum)) }
    bytes += end
  }

  static func holds(for bytes: [UInt8]) -> Bool {
    let count = bytes.count - start.count - digitCount - end.count
    guard count > 0 else { return false }
    let checksum = crc32c(bytes[..<count], seed: 0)
    return bytes[count...].starts(with: start) && bytes.suffix(end.count).elementsEqual(end)
      && (0..<digitCount).allSatisfy {
        bytes[count + start.count + $0] == digit($0, of: checksum)
      }
  }

  private static func digit(_ place: Int, of checksum: UInt32) -> UInt8 {
    hexadecimal[Int(checksum >> (28 - 4 * UInt32(place)) & 15)]
  }

  private static let hexadecimal = Array("0123456789abcdef".utf8)
}
