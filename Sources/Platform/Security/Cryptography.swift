/// Hashes for security, computed by the system's libcrypto. Every method is safe to call from any
/// thread and costs O(*n*) for *n* bytes.
package struct Cryptography: Sendable {
  private typealias Fetch =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?
    ) -> UnsafeMutableRawPointer?
  private typealias Lookup = @convention(c) () -> UnsafeMutableRawPointer?
  private typealias Initialize = @convention(c) (UInt64, UnsafeRawPointer?) -> Int32
  private typealias HMAC =
    @convention(c) (
      UnsafeRawPointer?, UnsafeRawPointer?, Int32, UnsafePointer<UInt8>?, Int,
      UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt32>?
    ) -> UnsafeMutablePointer<UInt8>?
  typealias Scrypt =
    @convention(c) (
      UnsafeRawPointer?, Int, UnsafePointer<UInt8>?, Int, UInt64, UInt64, UInt64, UInt64,
      UnsafeMutableRawPointer?, Int
    ) -> Int32

  private static let shared = Result { () throws(LibraryError) in try Cryptography() }

  private let sha256Digest: Digest
  private let sha1Digest: Digest
  private let hmac: HMAC
  let scrypt: Scrypt
  let cipher: AuthenticatedCipher
  let cipherFunctions: CipherFunctions
  let blockContexts: CipherContexts

  /// The system's libcrypto, which is loaded once a process.
  ///
  /// - Throws: which library is missing and what to install; asking again does not help before the
  ///   program is started anew.
  package static func load() throws(LibraryError) -> Cryptography {
    try shared.get()
  }

  private init() throws(LibraryError) {
    let library = try DynamicLibrary(
      names: ["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"],
      advice: "install the system's OpenSSL libraries")
    Self.keepUntilProcessEnds(library)
    let functions = try Digest.Functions(library)
    sha256Digest = Digest(
      algorithm: try Self.algorithm("SHA256", orBy: "EVP_sha256", in: library),
      byteCount: 32, functions: functions)
    sha1Digest = Digest(
      algorithm: try Self.algorithm("SHA1", orBy: "EVP_sha1", in: library),
      byteCount: 20, functions: functions)
    hmac = try library.function("HMAC")
    scrypt = try library.function("EVP_PBE_scrypt")
    cipherFunctions = try CipherFunctions(library)
    cipher = try AuthenticatedCipher(cipherFunctions, in: library)
    blockContexts = try CipherContexts(
      "AES-256-ECB", orBy: "EVP_aes_256_ecb", cipherFunctions, in: library)
    guard sha256Digest.hash([]) != nil, sha1Digest.hash([]) != nil else {
      throw library.failure("refuses SHA-256 or SHA-1")
    }
  }

  /// SHA-256 (FIPS 180-4): 32 bytes.
  package func sha256(_ bytes: [UInt8]) -> [UInt8] {
    Self.unwrap(sha256Digest.hash(bytes))
  }

  /// SHA-1: 20 bytes. For name-based UUIDs (version 5) only; it resists no attacker.
  package func sha1(_ bytes: [UInt8]) -> [UInt8] {
    Self.unwrap(sha1Digest.hash(bytes))
  }

  /// HMAC with SHA-256 (RFC 2104): 32 bytes.
  package func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
    key.withUnsafeBytes { hmacSHA256(key: $0, bytes) }
  }

  func hmacSHA256(key: UnsafeRawBufferPointer, _ bytes: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: 32)
    result.withUnsafeMutableBytes { hmacSHA256(key: key, bytes, into: $0) }
    return result
  }

  /// - Parameter result: 32 bytes.
  func hmacSHA256(
    key: UnsafeRawBufferPointer, _ bytes: [UInt8], into result: UnsafeMutableRawBufferPointer
  ) {
    precondition(key.count <= Int(Int32.max), "a key has less than 2 GiB")
    precondition(result.count == 32)
    let done = hmac(
      sha256Digest.algorithm.pointer, key.baseAddress, Int32(key.count), bytes, bytes.count,
      result.baseAddress, nil)
    precondition(done != nil, "libcrypto has no memory")
  }

  /// Overwrites what libcrypto keeps of the keys that were used last.
  func dropIdleContexts() {
    cipher.contexts.dropIdle()
    blockContexts.dropIdle()
  }

  /// The first hash, at `load()`, has shown that the library can do it; after that only a lack of
  /// memory can stop it, as it stops everything else.
  private static func unwrap(_ result: [UInt8]?) -> [UInt8] {
    guard let result else { preconditionFailure("libcrypto has no memory") }
    return result
  }

  /// The algorithm, by its name (OpenSSL 3) or by the function that older versions have for it.
  private static func algorithm(
    _ name: String, orBy older: String, in library: DynamicLibrary
  ) throws(LibraryError) -> Digest.Reference {
    let found: UnsafeMutableRawPointer?
    if let fetch = library.optionalFunction("EVP_MD_fetch", as: Fetch.self) {
      found = fetch(nil, name, nil)
    } else {
      let lookup: Lookup = try library.function(older)
      found = lookup()
    }
    guard let found else { throw library.failure("refuses \(name)") }
    return Digest.Reference(pointer: found)
  }

  /// Asks libcrypto not to clean up in `exit`, when other threads may still be hashing.
  private static func keepUntilProcessEnds(_ library: DynamicLibrary) {
    let withoutCleanupAtExit: UInt64 = 0x0008_0000
    let initialize = library.optionalFunction("OPENSSL_init_crypto", as: Initialize.self)
    _ = initialize?(withoutCleanupAtExit, nil)
  }
}

/// Whether two secrets are equal, in a time that depends on their lengths only.
package func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  guard a.count == b.count else { return false }
  var difference: UInt8 = 0
  for index in a.indices {
    difference |= a[index] ^ b[index]
  }
  return difference == 0
}
