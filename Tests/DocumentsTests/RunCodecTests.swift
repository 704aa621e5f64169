import Causality
import Documents
import JSON
import TestSupport
import Testing

struct RunCodecTests {
  private static let replica = UniqueID.sample(1).description
  private static let record = "00000000000000ff 2026-01-02T03:04:05.678Z/2"

  @Test(arguments: 0..<20)
  func `transactions are read back`(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let records = (0...generator.below(9)).map { _ in
      TransactionRecord(
        nonce: generator.next(),
        stamp: Stamp(milliseconds: generator.next() >> 24, counter: UInt16(generator.below(3))))
    }
    let run = TransactionRun(
      replica: .sample(1), first: 1 + generator.next() >> 2, records: records)
    let parsed = try JSONValue(parsing: JSONValue.object(RunCodec.encode(run)).bytes)
    #expect(try RunCodec.decode(try #require(parsed.objectValue)) == run)
  }

  @Test(arguments: [
    #"{}"#, #"{"replica":"x","first":1,"transactions":["R"]}"#,
    #"{"replica":"ID","first":0,"transactions":["R"]}"#,
    #"{"replica":"ID","first":-1,"transactions":["R"]}"#,
    #"{"replica":"ID","first":"1","transactions":["R"]}"#,
    #"{"replica":"ID","first":1,"transactions":[]}"#,
    #"{"replica":"ID","first":1,"transactions":[1]}"#,
    #"{"replica":"ID","first":1,"transactions":["R "]}"#,
    #"{"replica":"ID","first":1,"transactions":["ff 2026-01-02T03:04:05.678Z"]}"#,
    #"{"replica":"ID","first":1,"transactions":["-00000000000000f 2026-01-02T03:04:05.678Z"]}"#,
    #"{"replica":"ID","first":1,"transactions":["-000000000000000 2026-01-02T03:04:05.678Z"]}"#,
    #"{"replica":"ID","first":1,"transactions":["+00000000000000f 2026-01-02T03:04:05.678Z"]}"#,
    #"{"replica":"ID","first":1,"transactions":["00000000000000ff yesterday"]}"#,
    #"{"replica":"ID","first":9223372036854775807,"transactions":["R","R","x"]}"#,
    #"{"replica":"ID","first":9223372036854775808,"transactions":["R"]}"#,
  ])
  func `what is no list of transactions is refused`(text: String) throws {
    let spelled = text.split(separator: "ID", omittingEmptySubsequences: false)
      .joined(separator: Self.replica)
      .split(separator: "R\"", omittingEmptySubsequences: false)
      .joined(separator: Self.record + "\"")
    let object = try #require(try JSONValue(parsing: Array(spelled.utf8)).objectValue)
    #expect(throws: DocumentCodecError.self) { _ = try RunCodec.decode(object) }
  }

  @Test func `numbers are written in 16 digits`() {
    #expect(HexText.text(255 as UInt64) == "00000000000000ff")
    #expect(HexText.text([0, 15, 255]) == "000fff")
    #expect(HexText.number("ffffffffffffffff") == .max)
    #expect(HexText.number("fffffffffffffff") == nil)
  }
}
