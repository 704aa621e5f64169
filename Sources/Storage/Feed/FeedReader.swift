import Platform
import Synchronization

/// Reads documents out of the feed, many at once where they are asked for in order.
final class FeedReader: Sendable {
  private static let blockByteCount = 128 << 10
  private static let cachedBlockCount = 8

  private struct Block: Hashable {
    let file: UInt32
    let number: Int
  }

  private struct State: Sendable {
    /// Those of the index.
    var known: [UInt32: FeedFile] = [:]
    /// Nil for one that is missing or another.
    var open: [UInt32: (any File)?] = [:]
    var blocks = RecentCache<Block, [UInt8]>(capacity: cachedBlockCount)
  }

  private let layout: StoreLayout
  private let environment: StoreEnvironment
  private let state = Mutex(State())

  init(layout: StoreLayout, environment: StoreEnvironment) {
    self.layout = layout
    self.environment = environment
  }

  /// Takes over the files of an index.
  func use(_ files: [FeedFile]) {
    state.withLock { state in
      state = State()
      for file in files { state.known[file.number] = file }
    }
  }

  /// The content of a document; nil if it does not stand there as it was written: then it has to be
  /// read from its own file.
  func content(at place: FeedPlace, arrival: UInt64) -> [UInt8]? {
    guard let record = bytes(at: place) else { return nil }
    let payload = Array(record[FeedFile.recordHeadByteCount...])
    guard record.littleEndian(UInt32.self, at: 0) == place.byteCount,
      record.littleEndian(UInt32.self, at: 4) == crc32c(payload, seed: 0),
      record.littleEndian(UInt64.self, at: 8) == arrival
    else { return nil }
    return environment.seal.opened(payload, as: .arrival(arrival, file: place.file))
  }

  private func bytes(at place: FeedPlace) -> [UInt8]? {
    state.withLock { state in
      guard let known = state.known[place.file],
        Int(place.offset) + place.wholeByteCount <= known.byteCount,
        let file = file(known, &state)
      else { return nil }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(place.wholeByteCount)
      var next = Int(place.offset)
      let end = next + place.wholeByteCount
      while next < end {
        let (number, start) = next.quotientAndRemainder(dividingBy: Self.blockByteCount)
        guard let block = block(Block(file: known.number, number: number), of: file, &state),
          start < block.count
        else { return nil }
        let part = block[start..<min(block.count, start + end - next)]
        bytes += part
        next += part.count
      }
      return bytes
    }
  }

  private func file(_ known: FeedFile, _ state: inout State) -> (any File)? {
    if let file = state.open[known.number] { return file }
    var found: (any File)?
    do throws(SystemError) {
      let file = try environment.fileSystem.open(layout.feed(known.number), .read)
      if try known.isWhole(file) { found = file } else { file.close() }
    } catch {}
    state.open[known.number] = .some(found)
    return found
  }

  private func block(_ block: Block, of file: any File, _ state: inout State) -> [UInt8]? {
    if let bytes = state.blocks.value(block) { return bytes }
    let offset = block.number * Self.blockByteCount
    guard let bytes = try? file.read(at: offset, count: Self.blockByteCount) else { return nil }
    state.blocks.set(block, bytes)
    return bytes
  }
}
