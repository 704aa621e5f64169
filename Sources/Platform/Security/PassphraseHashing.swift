/// How hard it is made to try passphrases: scrypt (RFC 7914) with these costs.
package struct PassphraseCosts: Sendable, Equatable {
  /// A power of two: the number of blocks that are filled.
  package var n: UInt64
  /// The size of a block, in units of 128 bytes.
  package var r: UInt64
  /// How often one after the other.
  package var p: UInt64

  package init(n: UInt64, r: UInt64, p: UInt64) { (self.n, self.r, self.p) = (n, r, p) }

  /// 128 MiB and some 400 ms for each try.
  package static let standard = PassphraseCosts(n: 1 << 17, r: 8, p: 1)

  /// What one try takes in memory.
  package var byteCount: UInt64 {
    let (blocks, overflow) = (n.multipliedReportingOverflow(by: r))
    return overflow || blocks > 1 << 40 ? .max : 128 * blocks
  }

  /// Whether they are possible, and take no more than a gibibyte: costs are read from a file that somebody may
  /// have changed.
  package var areReasonable: Bool {
    n > 1 && n & (n - 1) == 0 && (1...64).contains(r) && (1...16).contains(p)
      && byteCount <= 1 << 30
  }
}

extension Cryptography {
  /// What libcrypto needs besides the blocks.
  private static let spareByteCount: UInt64 = 1 << 20

  /// The key that a passphrase makes: 32 bytes, slowly, and with much memory.
  /// - Returns: nil if the costs are not reasonable, or memory is lacking.
  package func key(
    passphrase: [UInt8], salt: [UInt8], costs: PassphraseCosts
  ) -> SecretBytes? {
    guard costs.areReasonable else { return nil }
    var isDone = false
    let key = SecretBytes(count: 32) { output in
      isDone =
        passphrase.withUnsafeBufferPointer { passphrase in
          scrypt(
            passphrase.baseAddress, passphrase.count, salt, salt.count, costs.n, costs.r, costs.p,
            2 * costs.byteCount + Self.spareByteCount, output.baseAddress, output.count)
        } == 1
    }
    return isDone ? key : nil
  }
}
