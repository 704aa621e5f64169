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
    var result = [UInt8](repeating: 0, count: byteCount)
    let isDone =
      functions.start(context.pointer, algorithm.pointer, nil) == 1
      && functions.update(context.pointer, bytes, bytes.count) == 1
      && functions.finish(context.pointer, &result, nil) == 1
    return isDone ? result : nil
  }

  private func takeContext() -> Reference? {
    idle.withLock { $0.popLast() } ?? functions.make().map { Reference(pointer: $0) }
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
