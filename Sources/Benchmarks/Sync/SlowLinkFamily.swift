import JSON
import Laptop
import Platform
import Replica
import Simulation

/// One changed document over a link of 300 ms and 128 kbit/s.
struct SlowLinkFamily: MeasureFamily {
  let measures = [SyncMeasures.slowLink]

  private static let roundTrip = 300
  private static let bitsPerSecond = 128_000

  func run(_ bench: Workbench) throws -> [Finding] {
    let ground = try SyncGround(bench)
    defer { ground.close() }
    let link = try SlowLink(
      to: ground.address, roundTrip: Self.roundTrip, bitsPerSecond: Self.bitsPerSecond)
    var samples = SampleDocuments(seed: 17)
    let documents = samples.next(100)
    let laptop = try ground.newLaptop { replica in
      try replica.fill(with: samples.ground)
      try replica.fill(with: documents)
    }
    try laptop.sync()
    let key = documents[0].key
    // Opens the connection.
    _ = try laptop.syncOnce(url: "http://\(link.address)")
    var ratios: [Double] = []
    for run in 0..<bench.sizes.runs {
      try laptop.edit([key], "phone", "555-1\(run)")
      ratios.append(try ratio { try laptop.sync() })
    }
    return [Finding(SyncMeasures.slowLink, Samples(ratios))]
  }

  /// The time of a sync beside what the link needs for its bytes.
  private func ratio(_ sync: () throws -> SyncReport) throws -> Double {
    var bytes = 0
    let time = try seconds {
      let report = try sync()
      bytes = report.bytesSent + report.bytesReceived
    }
    return time / (Double(Self.roundTrip) / 1000 + Double(bytes * 8) / Double(Self.bitsPerSecond))
  }
}
