internal import Synchronization

/// The functions of libcrypto that encrypt and decrypt.
struct CipherFunctions: Sendable {
  typealias Fetch =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?
    ) -> UnsafeMutableRawPointer?
  typealias Lookup = @convention(c) () -> UnsafeMutableRawPointer?
  typealias Make = @convention(c) () -> UnsafeMutableRawPointer?
  typealias Free = @convention(c) (UnsafeMutableRawPointer?) -> Void
  typealias Start =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeRawPointer?, UnsafeMutableRawPointer?, UnsafeRawPointer?,
      UnsafeRawPointer?, Int32
    ) -> Int32
  typealias Update =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?,
      UnsafeRawPointer?, Int32
    ) -> Int32
  typealias Finish =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?
    ) -> Int32
  typealias Control =
    @convention(c) (
      UnsafeMutableRawPointer?, Int32, Int32, UnsafeMutableRawPointer?
    ) -> Int32
  typealias SetPadding = @convention(c) (UnsafeMutableRawPointer?, Int32) -> Int32

  enum Direction: Int32 {
    case open = 0
    case seal = 1
  }

  let make: Make
  let free: Free
  let start: Start
  let update: Update
  let finish: Finish
  let control: Control
  let setPadding: SetPadding

  init(_ library: DynamicLibrary) throws(LibraryError) {
    make = try library.function("EVP_CIPHER_CTX_new")
    free = try library.function("EVP_CIPHER_CTX_free")
    start = try library.function("EVP_CipherInit_ex")
    update = try library.function("EVP_CipherUpdate")
    finish = try library.function("EVP_CipherFinal_ex")
    control = try library.function("EVP_CIPHER_CTX_ctrl")
    setPadding = try library.function("EVP_CIPHER_CTX_set_padding")
  }
}

/// Contexts of one algorithm, kept for the next use: making one costs more than a short message. Each has one
/// owner at a time.
final class CipherContexts: Sendable {
  typealias Context = Digest.Reference

  private static let maximumIdleContexts = 16

  private let algorithm: Context
  private let functions: CipherFunctions
  private let idle = Mutex<[Context]>([])

  /// - Parameters:
  ///   - name: of the algorithm, for OpenSSL 3.
  ///   - older: the function that older versions have for it.
  init(
    _ name: String, orBy older: String, _ functions: CipherFunctions, in library: DynamicLibrary
  ) throws(LibraryError) {
    let found: UnsafeMutableRawPointer?
    if let fetch = library.optionalFunction("EVP_CIPHER_fetch", as: CipherFunctions.Fetch.self) {
      found = fetch(nil, name, nil)
    } else {
      let lookup: CipherFunctions.Lookup = try library.function(older)
      found = lookup()
    }
    guard let found else { throw library.failure("refuses \(name)") }
    algorithm = Context(pointer: found)
    self.functions = functions
  }

  deinit { dropIdle() }

  /// Overwrites and frees what contexts keep of the keys that they were used with last.
  func dropIdle() {
    idle.withLock { idle in
      for context in idle { functions.free(context.pointer) }
      idle.removeAll()
    }
  }

  /// - Returns: what `body` does with a context that knows its algorithm; false if memory is lacking.
  func with(_ body: (Context) -> Bool) -> Bool {
    guard let context = idle.withLock({ $0.popLast() }) ?? makeContext() else { return false }
    let result = body(context)
    let isKept = idle.withLock { idle in
      let hasRoom = idle.count < Self.maximumIdleContexts
      if hasRoom { idle.append(context) }
      return hasRoom
    }
    if !isKept { functions.free(context.pointer) }
    return result
  }

  private func makeContext() -> Context? {
    guard let context = functions.make() else { return nil }
    let seal = CipherFunctions.Direction.seal.rawValue
    guard functions.start(context, algorithm.pointer, nil, nil, nil, seal) == 1,
      functions.setPadding(context, 0) == 1
    else {
      functions.free(context)
      return nil
    }
    return Context(pointer: context)
  }
}
