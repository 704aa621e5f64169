import Causality
package import JSON

/// Transactions as JSON: `{"replica": ID, "first": N, "transactions": ["NONCE STAMP", …]}`, the nonce
/// in 16 hexadecimal digits.
package enum RunCodec {
  package static func encode(_ run: TransactionRun) -> JSONObject {
    let records = run.records.map { record in
      JSONValue.string("\(HexText.text(record.nonce)) \(StampText.text(record.stamp))")
    }
    return [
      "replica": .string(run.replica.description), "first": .number(JSONNumber(run.first)),
      "transactions": .array(records),
    ]
  }

  package static func decode(_ object: JSONObject) throws(DocumentCodecError) -> TransactionRun {
    guard let replica = object["replica"]?.stringValue.flatMap({ UniqueID($0) }),
      let first = object["first"]?.intValue, first > 0,
      let entries = object["transactions"]?.arrayValue, !entries.isEmpty,
      first <= Int.max - entries.count
    else { throw DocumentCodecError("a list of transactions is malformed") }
    var records: [TransactionRecord] = []
    for entry in entries {
      guard let record = entry.stringValue.flatMap(record) else {
        throw DocumentCodecError("transaction \(first + records.count) of \(replica) is malformed")
      }
      records.append(record)
    }
    return TransactionRun(replica: replica, first: UInt64(first), records: records)
  }

  private static func record(_ text: String) -> TransactionRecord? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2, let nonce = HexText.number(parts[0]),
      let stamp = StampText.stamp(String(parts[1]))
    else { return nil }
    return TransactionRecord(nonce: nonce, stamp: stamp)
  }
}

/// Numbers and bytes in lower-case hexadecimal digits.
package enum HexText {
  package static func text(_ number: UInt64) -> String { text(number.bigEndianBytes) }

  package static func text(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The bytes that digits of either case name; nil for an odd number of them or anything else.
  package static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
      let pair = String(decoding: digits[place..<place + 2], as: UTF8.self)
      guard pair.utf8.first.map({ !"+-".utf8.contains($0) }) == true,
        let byte = UInt8(pair, radix: 16)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// A number of exactly 16 digits; nil for anything else.
  package static func number(_ text: some StringProtocol) -> UInt64? {
    text.utf8.count == 16 && text.utf8.first.map { !"+-".utf8.contains($0) } ?? false
      ? UInt64(text, radix: 16) : nil
  }
}
