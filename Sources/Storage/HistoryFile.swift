import Causality
import Documents
import Platform

/// The transactions that a store knows, as a checkpoint leaves them. All numbers little-endian.
///
///     offset  size
///          0     8  "SATCHELH"
///          8     8  number of replicas
///                   for each replica:
///                16   id, the high half first
///                 8   number of its transactions, n
///              16 n   nonce and stamp of each, 8 bytes each
///                32   head of the chain
///                32   the hash at 0, 64, 128, … up to n, each
///                 4  CRC-32C of everything before
struct HistoryFile {
  private static let magic = Array("SATCHELH".utf8)

  static func bytes(of history: History) -> [UInt8] {
    let chains = history.chainImages
    var bytes = magic
    bytes.appendLittleEndian(UInt64(chains.count))
    for chain in chains {
      bytes.append(chain.replica)
      bytes.appendLittleEndian(UInt64(chain.records.count))
      for record in chain.records {
        bytes.appendLittleEndian(record.nonce)
        bytes.appendLittleEndian(record.stamp.rawValue)
      }
      bytes += chain.head
      bytes += chain.keptHashes
    }
    bytes.appendLittleEndian(crc32c(bytes, seed: 0))
    return bytes
  }

  /// - Parameter path: of the file, for errors.
  /// - Throws: `corrupt`.
  static func history(
    _ bytes: [UInt8], path: String, digest: @escaping Digest
  ) throws(StorageError) -> History {
    guard bytes.count >= 20, Array(bytes[0..<8]) == magic,
      crc32c(bytes[..<(bytes.count - 4)], seed: 0)
        == bytes.littleEndian(UInt32.self, at: bytes.count - 4)
    else { throw StorageError(.corrupt, path: path, problem: "the checksum does not hold") }
    var reader = Reader(bytes: bytes)
    guard let chains = reader.chains(), let history = History(digest: digest, chains: chains)
    else { throw StorageError(.corrupt, path: path, problem: "is malformed") }
    return history
  }

  /// Reads what the checksum has shown to be whole; a count that is wrong all the same gives nil.
  private struct Reader {
    let bytes: [UInt8]
    var offset = 8

    private mutating func number() -> UInt64? {
      guard bytes.count - 4 - offset >= 8 else { return nil }
      defer { offset += 8 }
      return bytes.littleEndian(UInt64.self, at: offset)
    }

    private mutating func part(_ count: Int) -> [UInt8]? {
      guard bytes.count - 4 - offset >= count else { return nil }
      defer { offset += count }
      return Array(bytes[offset..<offset + count])
    }

    mutating func chains() -> [History.ChainImage]? {
      guard let count = number() else { return nil }
      var chains: [History.ChainImage] = []
      for _ in 0..<count {
        guard let chain = chain() else { return nil }
        chains.append(chain)
      }
      return offset == bytes.count - 4 ? chains : nil
    }

    private mutating func chain() -> History.ChainImage? {
      guard let high = number(), let low = number(), let number = number(),
        let count = Int(exactly: number), count <= (bytes.count - offset) / 16
      else { return nil }
      let records = (0..<count).map { index in
        let place = offset + 16 * index
        return TransactionRecord(
          nonce: bytes.littleEndian(UInt64.self, at: place),
          stamp: Stamp(rawValue: bytes.littleEndian(UInt64.self, at: place + 8)))
      }
      offset += 16 * count
      guard let head = part(History.hashByteCount),
        let kept = part(History.hashByteCount * (count / History.recordsPerKeptHash + 1))
      else { return nil }
      return History.ChainImage(
        replica: UniqueID(high: high, low: low), records: records, keptHashes: kept, head: head)
    }
  }
}
