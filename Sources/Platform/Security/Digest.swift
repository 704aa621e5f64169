internal import Synchronization

/// One hash algorithm of libcrypto. Looking the algorithm up and making a context cost more than
/// hashing a short message, so both are kept.
final class Digest: Sendable {
  /// What libcrypto calls `EVP_MD` or `EVP_MD_CTX`. The algorithm is never changed; a context has
  /// one owner at a time.
  struct Reference: @unchecked Sendable {
    var pointer: UnsafeMutableRawPointer
  }

  /// The functions of libcrypto that hash.
  struct Functions: Sendable {
    typealias Make = @convention(c) () -> UnsafeMutableRawPointer?
    typealias Free = @convention(c) (UnsafeMutableRawPointer?) -> Void
    typealias Start =
      @convention(c) (
        UnsafeMutableRawPointer?, UnsafeRawPointer?, UnsafeMutableRawPointer?
      ) -> Int32
    typealias Update = @convention(c) (UnsafeMutableRawPointer?, UnsafeRawPointer?, Int) -> Int32
    typealias Finish =
      @convention(c) (
        UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt32>?
      ) -> Int32

    let make: Make
    let free: Free
    let start: Start
    let update: Update
    let finish: Finish

    init(_ library: DynamicLibrary) throws(LibraryError) {
      make = try library.function("EVP_MD_CTX_new")
      free = try library.function("EVP_MD_CTX_free")
      start = try library.function("EVP_DigestInit_ex")
      update = try library.function("EVP_DigestUpdate")
      finish = try library.function("EVP_DigestFinal_ex")
    }
  }

  private static let maximumIdleContexts = 16

  let algorithm: Reference
  private let byteCount: Int
  private let functions: Functions
  private let idle = Mutex<[Reference]>([])

  init(algorithm: Reference, byteCount: Int, functions: Functions) {
    self.algorithm = algorithm
    self.byteCount = byteCount
    self.functions = functions
  }

  deinit {
    idle.withLock { for context in $0 { functions.free(context.pointer) } }
  }

  /// The digest of a message; nil if libcrypto failed, which it does only without memory or when
  /// the system's policy forbids the algorithm.
  func hash(_ bytes: [UInt8]) -> [UInt8]? {
    guard let context = takeContext() else { return nil }
    defer { putBack(context) }
    guard functions.start(context.pointer, nil, nil) == 1,
      functions.update(context.pointer, bytes, bytes.count) == 1
    else { return nil }
    let digest = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
      let isDone = functions.finish(context.pointer, buffer.baseAddress, nil) == 1
      filled = isDone ? byteCount : 0
    }
    return digest.isEmpty ? nil : digest
  }

  private func takeContext() -> Reference? {
    idle.withLock { $0.popLast() } ?? makeContext()
  }

  /// A new context that knows its algorithm, so that starting a hash need not name it.
  private func makeContext() -> Reference? {
    guard let context = functions.make() else { return nil }
    guard functions.start(context, algorithm.pointer, nil) == 1 else {
      functions.free(context)
      return nil
    }
    return Reference(pointer: context)
  }

  private func putBack(_ context: Reference) {
    let isKept = idle.withLock { idle in
      let hasRoom = idle.count < Self.maximumIdleContexts
      if hasRoom { idle.append(context) }
      return hasRoom
    }
    if !isKept { functions.free(context.pointer) }
  }
}
