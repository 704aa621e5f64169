/// Values that are found again wherever they stand: `tok17.`
enum ValueMark {
  private static let prefix = Array("tok".utf8)
  private static let end = UInt8(ascii: ".")
  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

  static func text(_ number: Int) -> String { "tok\(number)." }

  /// The numbers of the marks that stand in some bytes, in their order.
  static func numbers(in bytes: [UInt8]) -> [Int] {
    var found: [Int] = []
    var place = 0
    while place + prefix.count < bytes.count {
      guard bytes[place] == prefix[0], bytes[place + 1] == prefix[1], bytes[place + 2] == prefix[2]
      else {
        place += 1
        continue
      }
      place += prefix.count
      var number = 0
      while place < bytes.count, digits.contains(bytes[place]), number < 1 << 40 {
        number = number * 10 + Int(bytes[place] - digits.lowerBound)
        place += 1
      }
      if place < bytes.count, bytes[place] == end { found.append(number) }
    }
    return found
  }
}
