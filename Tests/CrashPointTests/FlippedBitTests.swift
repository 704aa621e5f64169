import Platform
import Simulation
import Storage
import TestSupport
import Testing

@Suite(.sealedToo) struct FlippedBitTests {
  /// A log of small batches in one segment, and where its last batch begins.
  private struct SmallLog {
    let player: Player
    let path: String
    let byteCount: Int
    let lastBatch: Int

    init() throws {
      var author = BatchAuthor()
      let batches = [
        author.batch([1], "a"), author.batch([2], "b"), author.batch([1], "c"),
        author.batch([3], "d"),
      ]
      let workload = try Workload([.commit, .commit, .commit], batches: batches)
      player = Player(workload, SimulatedFileSystem())
      try player.create()
      path = player.store?.layout.segment(1) ?? ""
      var ends = [0]
      while try player.playNext() {
        ends.append(Self.lastByte(try player.fileSystem.readFile(path)))
      }
      player.close()
      byteCount = try player.fileSystem.status(path)?.byteCount ?? 0
      lastBatch = ends[ends.count - 2]
    }

    /// The number of bytes up to the last one that is not zero.
    private static func lastByte(_ bytes: [UInt8]) -> Int {
      bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    }

    /// The log with a bit flipped.
    func flipped(_ bit: Int) throws -> Player {
      let other = Player(player, on: player.fileSystem.afterKill())
      try other.fileSystem.flipBit(path, bit)
      return other
    }
  }

  @Test func `every flipped bit of a log is reported with its place, or harmless`() throws {
    let log = try SmallLog()
    var (reported, harmless, inLastBatch) = (0, 0, 0)
    for bit in 0..<log.byteCount * 8 {
      let player = try log.flipped(bit)
      do throws(StorageError) {
        let store = try SimulatedStore.open(player.fileSystem)
        defer { store.close() }
        let state = try SimulatedStore.state(of: store)
        if state == log.player.workload.states[3] {
          harmless += 1
        } else {
          inLastBatch += 1
          let isTorn = state == log.player.workload.states[2] && bit / 8 >= log.lastBatch
          #expect(isTorn, "bit \(bit): acknowledged writes are gone without a word")
        }
      } catch {
        reported += 1
        #expect(error.code == .corrupt && error.path == log.path, "bit \(bit): \(error)")
        #expect(error.offset.map { $0 <= bit / 8 } == true, "bit \(bit): \(error)")
      }
    }
    #expect(reported > 0)
    print(
      "\(log.byteCount * 8) flipped bits: \(reported) reported, \(harmless) harmless, "
        + "\(inLastBatch) in the last batch, taken for a torn write")
  }

  @Test func `the verifier finds what opening finds`() throws {
    let log = try SmallLog()
    for bit in stride(from: 0, to: log.lastBatch * 8, by: 61) {
      let player = try log.flipped(bit)
      let problems = try SimulatedStore.verify(player.fileSystem).problems
      do throws(StorageError) {
        try SimulatedStore.open(player.fileSystem).close()
        #expect(problems == [], "bit \(bit)")
      } catch {
        #expect(problems.first?.file == error.path, "bit \(bit)")
        #expect(problems.first?.offset == error.offset, "bit \(bit)")
      }
    }
  }
}
