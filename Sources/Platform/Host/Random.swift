internal import CSystem
internal import Glibc

/// Where random numbers come from: the kernel, or a seed in a simulation.
package protocol RandomSource: Sendable {
  /// So many random bytes.
  func bytes(_ count: Int) -> [UInt8]
}

extension RandomSource {
  /// A random number; all are equally likely.
  package func uint64() -> UInt64 {
    bytes(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// The kernel's random generator, fit for keys and tokens. Waits only while the machine starts and
/// has not gathered enough randomness.
package struct SystemRandom: RandomSource {
  package init() {}

  package func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let result = system_random(buffer.baseAddress! + filled, count - filled)
        precondition(result > 0 || result == -Int(EINTR), "the kernel has no random generator")
        filled += max(result, 0)
      }
    }
  }
}
