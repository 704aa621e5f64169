/// AES-256 in Galois/counter mode (NIST SP 800-38D), computed by the system's libcrypto. Safe to call from any
/// thread; costs O(*n*) for *n* bytes.
final class AuthenticatedCipher: Sendable {
  static let keyByteCount = 32
  static let nonceByteCount = 12
  static let tagByteCount = 16
  /// libcrypto counts in 32 bits.
  private static let maximumByteCount = Int(Int32.max) - 64

  private typealias Context = Digest.Reference

  /// `EVP_CTRL_AEAD_GET_TAG` and `EVP_CTRL_AEAD_SET_TAG`.
  private static let (getTag, setTag): (Int32, Int32) = (0x10, 0x11)

  private let functions: CipherFunctions
  let contexts: CipherContexts

  init(_ functions: CipherFunctions, in library: DynamicLibrary) throws(LibraryError) {
    self.functions = functions
    contexts = try CipherContexts("AES-256-GCM", orBy: "EVP_aes_256_gcm", functions, in: library)
  }

  /// Appends the sealed content and its tag. The same key and nonce must never seal twice.
  ///
  /// - Parameters:
  ///   - key: 32 bytes.
  ///   - nonce: 12 bytes.
  ///   - companion: bytes that are not sealed, and without which the content cannot be opened.
  /// - Returns: false if libcrypto failed, which it does only without memory or when the system's policy
  ///   forbids the algorithm, or for want of a content that it can count; `bytes` are of no use then.
  func seal(
    _ content: [UInt8], key: UnsafeRawBufferPointer, nonce: [UInt8], companion: [UInt8],
    appendingTo bytes: inout [UInt8]
  ) -> Bool {
    contexts.with { context in
      guard begin(.seal, context, key, nonce, companion) else { return false }
      let tag = Self.tagByteCount
      return bytes.append(byteCount: content.count + tag) { output in
        run(context, content[...], into: output)
          && functions.control(
            context.pointer, Self.getTag, Int32(tag), output.baseAddress! + content.count) == 1
      }
    }
  }

  /// The content of what was sealed with the same key, nonce and companion; nil for anything else.
  func open(
    _ sealed: ArraySlice<UInt8>, key: UnsafeRawBufferPointer, nonce: [UInt8], companion: [UInt8]
  ) -> [UInt8]? {
    guard sealed.count >= Self.tagByteCount else { return nil }
    let content = sealed.dropLast(Self.tagByteCount)
    var tag = Array(sealed.suffix(Self.tagByteCount))
    var result: [UInt8] = []
    let isWhole = contexts.with { context in
      guard begin(.open, context, key, nonce, companion),
        functions.control(context.pointer, Self.setTag, Int32(tag.count), &tag) == 1
      else { return false }
      return result.append(byteCount: content.count) { run(context, content, into: $0) }
    }
    return isWhole ? result : nil
  }

  private func begin(
    _ direction: CipherFunctions.Direction, _ context: Context, _ key: UnsafeRawBufferPointer,
    _ nonce: [UInt8],
    _ companion: [UInt8]
  ) -> Bool {
    precondition(key.count == Self.keyByteCount && nonce.count == Self.nonceByteCount)
    guard companion.count < Self.maximumByteCount,
      functions.start(context.pointer, nil, nil, key.baseAddress, nonce, direction.rawValue) == 1
    else { return false }
    var count: Int32 = 0
    return companion.isEmpty
      || functions.update(context.pointer, nil, &count, companion, Int32(companion.count)) == 1
  }

  private func run(
    _ context: Context, _ content: ArraySlice<UInt8>, into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard content.count < Self.maximumByteCount else { return false }
    var count: Int32 = 0
    if !content.isEmpty {
      let isDone = content.withUnsafeBytes {
        functions.update(
          context.pointer, output.baseAddress, &count, $0.baseAddress, Int32($0.count)) == 1
      }
      guard isDone else { return false }
    }
    // Writes nothing: this mode has no last block.
    var last: (UInt64, UInt64) = (0, 0)
    return withUnsafeMutableBytes(of: &last) {
      functions.finish(context.pointer, $0.baseAddress, &count)
    }
      == 1
  }
}

extension [UInt8] {
  /// Grows by so many bytes, which `fill` writes; is of no use if that returns false.
  fileprivate mutating func append(
    byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Bool
  ) -> Bool {
    let old = count
    append(contentsOf: repeatElement(0, count: byteCount))
    return withUnsafeMutableBytes { fill(UnsafeMutableRawBufferPointer(rebasing: $0[old...])) }
  }
}
