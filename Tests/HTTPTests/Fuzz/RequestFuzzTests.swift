import HTTP
import Platform
import Testing

/// Random streams through the parser and through whole conversations.
///
/// `SATCHEL_FUZZ_COUNT` sets how many there are, and prints what became of them; `SATCHEL_FUZZ_SEED`
/// sets the first one's seed. A failure names the seed of its stream: to see it again, set that one
/// and a count of 1.
struct RequestFuzzTests {
  private static let standardCount = 20_000

  private let limits: HTTPLimits = {
    var limits = HTTPLimits.standard
    limits.maximumLineByteCount = 100
    limits.maximumFieldCount = 6
    limits.maximumFieldsByteCount = 200
    limits.maximumBodyByteCount = 100
    return limits
  }()

  private func number(_ name: String) -> Int? { Host.environment(name).flatMap { Int($0) } }

  @Test func `no stream breaks the parser, and how it is split changes nothing`() {
    let first = number("SATCHEL_FUZZ_SEED") ?? 1
    let count = number("SATCHEL_FUZZ_COUNT")
    var tally: [String: Int] = [:]
    for seed in first..<first + (count ?? Self.standardCount) {
      var mutator = RequestMutator(seed: seed)
      let stream = mutator.stream()
      do {
        tally[try check(stream, seed), default: 0] += 1
      } catch {
        let text = String(decoding: stream, as: UTF8.self).debugDescription
        Issue.record("SATCHEL_FUZZ_SEED=\(seed): \(error)\n\(text)")
      }
    }
    // Both sides are tried: what is taken and what is refused.
    #expect(count != nil || tally["taken", default: 0] > 1_000)
    #expect(
      count != nil
        || ["400", "413", "414", "417", "431", "501", "505"].allSatisfy { tally[$0] != nil })
    if count != nil { print("fuzz from \(first): \(tally.sorted { $0.key < $1.key })") }
  }

  /// - Returns: what became of the stream.
  private func check(_ stream: [UInt8], _ seed: Int) throws -> String {
    let splits = [
      Delivery.split(stream, seed: seed), Delivery.split(stream, seed: seed &+ 1 << 40),
    ]
    let traces = try splits.map { try ParserTrace($0, limits: limits) }
    guard traces[0] == traces[1] else { throw FuzzFailure("two outcomes: \(traces)") }
    let talks = try splits.enumerated().map { number, split in
      try ConversationTrace(split, limits: limits, seed: seed &+ number)
    }
    guard talks[0] == talks[1] else { throw FuzzFailure("two conversations: \(talks)") }
    if let refusal = traces[0].refusal { return "\(refusal.status)" }
    return traces[0].isUnfinished ? "unfinished" : "taken"
  }
}
