internal import Glibc

/// Why a password cannot be hashed.
package enum PasswordError: Error, Sendable, Equatable, CustomStringConvertible {
  /// It has more than `PasswordHashing.maximumByteCount` bytes. The person may choose a shorter
  /// one.
  case tooLong
  /// It contains a zero byte, where C ends a string.
  case containsZeroByte
  /// libcrypt failed, with this `errno`.
  case failed(code: Int32)

  package var description: String {
    switch self {
    case .tooLong: "the password has more than \(PasswordHashing.maximumByteCount) bytes"
    case .containsZeroByte: "the password contains a zero byte"
    case .failed(let code): SystemError("crypt", "", code: code).description
    }
  }
}

/// Hashes of passwords, computed by the system's libcrypt: slow on purpose (some 20 ms and 16 MiB
/// each), so not on a thread that others wait for. Safe to call from any thread.
///
/// The bytes of the password count as they are; who accepts passwords typed on several systems
/// passes them through `Text.nfc` first.
package struct PasswordHashing: Sendable {
  /// The longest password that libcrypt takes, in UTF-8 bytes.
  package static let maximumByteCount = 511

  private typealias MakeSetting =
    @convention(c) (
      UnsafePointer<CChar>?, UInt, UnsafePointer<CChar>?, Int32, UnsafeMutablePointer<CChar>?, Int32
    ) -> UnsafeMutablePointer<CChar>?
  private typealias Crypt =
    @convention(c) (
      UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafeMutableRawPointer?, Int32
    ) -> UnsafeMutablePointer<CChar>?

  /// yescrypt.
  private static let prefix = "$y$"
  private static let saltByteCount = 16
  /// `CRYPT_GENSALT_OUTPUT_SIZE` of libcrypt.
  private static let settingByteCount = 192
  /// `sizeof (struct crypt_data)` of libcrypt, which its authors keep as it is.
  private static let workspaceByteCount = 32_768

  private static let shared = Result { () throws(LibraryError) in try PasswordHashing() }

  private let makeSetting: MakeSetting
  private let crypt: Crypt

  /// The system's libcrypt, which is loaded once a process.
  ///
  /// - Throws: which library is missing and what to install; asking again does not help before the
  ///   program is started anew.
  package static func load() throws(LibraryError) -> PasswordHashing {
    try shared.get()
  }

  private init() throws(LibraryError) {
    let library = try DynamicLibrary(
      names: ["libcrypt.so.1", "libcrypt.so.2"], advice: "install the system's libcrypt (libxcrypt)"
    )
    makeSetting = try library.function("crypt_gensalt_rn")
    crypt = try library.function("crypt_rn")
  }

  /// A new yescrypt hash of the password with a salt of its own, to be stored as it is.
  ///
  /// - Throws: why this password cannot be hashed; nothing has been kept.
  package func hash(
    _ password: String, random: any RandomSource
  ) throws(PasswordError) -> String {
    guard password.utf8.count <= Self.maximumByteCount else { throw .tooLong }
    guard !password.utf8.contains(0) else { throw .containsZeroByte }
    let setting = try setting(salt: random.bytes(Self.saltByteCount))
    guard let hash = run(password, setting) else { throw .failed(code: EINVAL) }
    return hash
  }

  /// Whether this is the password that was hashed. Any method of libcrypt whose hashes start with
  /// `$` will do, so hashes of other programs keep working. A hash that cannot be read, and a
  /// password that cannot be hashed, are no match.
  package func verify(_ password: String, against hash: String) -> Bool {
    guard password.utf8.count <= Self.maximumByteCount, !password.utf8.contains(0) else {
      return false
    }
    guard hash.utf8.first == UInt8(ascii: "$"), !hash.utf8.contains(0) else { return false }
    guard let again = run(password, hash) else { return false }
    return equalInConstantTime(Array(again.utf8), Array(hash.utf8))
  }

  /// What libcrypt calls a setting: the method, its cost and the salt.
  private func setting(salt: [UInt8]) throws(PasswordError) -> String {
    var output = [CChar](repeating: 0, count: Self.settingByteCount)
    let (isDone, code) = salt.withUnsafeBytes { salt in
      let bytes = salt.assumingMemoryBound(to: CChar.self)
      let result = makeSetting(
        Self.prefix, 0, bytes.baseAddress, Int32(bytes.count), &output, Int32(output.count))
      return (result != nil, errno)
    }
    guard isDone else { throw .failed(code: code) }
    return output.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  /// The hash of the password by a setting, or by a hash, which starts with its setting.
  private func run(_ password: String, _ setting: String) -> String? {
    let workspace = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.workspaceByteCount, alignment: 16)
    workspace.initializeMemory(as: UInt8.self, repeating: 0)
    defer { workspace.deallocate() }
    return crypt(password, setting, workspace.baseAddress, Int32(workspace.count))
      .map { String(cString: $0) }
  }
}
