/// Bytes packed and unpacked by the system's zlib (RFC 1950 to 1952).
package struct Gzip: Sendable {
  /// Why bytes are not unpacked.
  package enum Refusal: Error, Sendable, Equatable {
    /// They are no gzip or zlib stream, or one that was cut off.
    case malformed
    /// They would become larger than is allowed.
    case tooLarge
  }

  private typealias Initialise =
    @convention(c) (
      UnsafeMutableRawPointer, Int32, Int32, Int32, Int32, Int32, UnsafePointer<CChar>, Int32
    ) -> Int32
  private typealias InitialiseInflate =
    @convention(c) (
      UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32
    ) -> Int32
  private typealias Step = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
  private typealias End = @convention(c) (UnsafeMutableRawPointer) -> Int32

  /// What zlib calls `z_stream`.
  private struct Stream {
    var nextIn: UnsafePointer<UInt8>?
    var availableIn: UInt32 = 0
    var totalIn: UInt = 0
    var nextOut: UnsafeMutablePointer<UInt8>?
    var availableOut: UInt32 = 0
    var totalOut: UInt = 0
    var message: UnsafePointer<CChar>?
    var state: OpaquePointer?
    var allocate: OpaquePointer?
    var free: OpaquePointer?
    var opaque: OpaquePointer?
    var dataType: Int32 = 0
    var checksum: UInt = 0
    var reserved: UInt = 0
  }

  private static let deflated: Int32 = 8
  private static let finish: Int32 = 4
  private static let streamEnd: Int32 = 1
  private static let ok: Int32 = 0
  private static let bufferError: Int32 = -5
  /// The largest window; 16 more write gzip, 32 more read gzip and zlib.
  private static let window: Int32 = 15
  /// What is handed over at once.
  private static let chunkByteCount = 64 << 10

  private let initialise: Initialise
  private let initialiseInflate: InitialiseInflate
  private let deflate: Step
  private let inflate: Step
  private let endDeflate: End
  private let endInflate: End

  private init(_ library: DynamicLibrary) throws(LibraryError) {
    initialise = try library.function("deflateInit2_")
    initialiseInflate = try library.function("inflateInit2_")
    deflate = try library.function("deflate")
    inflate = try library.function("inflate")
    endDeflate = try library.function("deflateEnd")
    endInflate = try library.function("inflateEnd")
  }

  /// - Throws: if the system has no zlib: nothing is packed then.
  package static func load() throws(LibraryError) -> Gzip {
    try Gzip(
      DynamicLibrary(names: ["libz.so.1", "libz.so"], advice: "install the system's zlib package"))
  }

  /// The library of this process; nil if the system has none.
  package static let system = try? load()

  /// As one gzip member. O(bytes).
  /// - Parameter level: 1 is fast, 9 small.
  package func packed(_ bytes: [UInt8], level: Int = 6) -> [UInt8]? {
    try? withStream { stream throws(Refusal) in
      let status = initialise(
        stream, Int32(level), Self.deflated, Self.window + 16, 8, 0, Self.version,
        Self.streamByteCount)
      guard status == Self.ok else { throw .malformed }
      defer { _ = endDeflate(stream) }
      return try run(stream, bytes, deflate, maximumByteCount: Int.max)
    }
  }

  /// The content of a gzip or zlib stream. O(content), never more than the maximum.
  /// - Parameter maximumByteCount: of the content.
  package func unpacked(
    _ bytes: [UInt8], maximumByteCount: Int
  ) throws(Refusal) -> [UInt8] {
    try withStream { stream throws(Refusal) in
      let status = initialiseInflate(
        stream, Self.window + 32, Self.version, Self.streamByteCount)
      guard status == Self.ok else { throw .malformed }
      defer { _ = endInflate(stream) }
      return try run(stream, bytes, inflate, maximumByteCount: maximumByteCount)
    }
  }

  /// The version of the interface, as zlib asks for it.
  private static let version = "1.2.11"
  private static let streamByteCount = Int32(MemoryLayout<Stream>.size)

  /// zlib remembers where a stream stands: it must not move.
  private func withStream(
    _ body: (UnsafeMutablePointer<Stream>) throws(Refusal) -> [UInt8]
  ) throws(Refusal) -> [UInt8] {
    let stream = UnsafeMutablePointer<Stream>.allocate(capacity: 1)
    stream.initialize(to: Stream())
    defer {
      stream.deinitialize(count: 1)
      stream.deallocate()
    }
    return try body(stream)
  }

  private func run(
    _ stream: UnsafeMutablePointer<Stream>, _ bytes: [UInt8], _ step: Step, maximumByteCount: Int
  ) throws(Refusal) -> [UInt8] {
    guard bytes.count <= Int(UInt32.max) else { throw .tooLarge }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: Self.chunkByteCount)
    var status = Self.ok
    bytes.withUnsafeBufferPointer { input in
      stream.pointee.nextIn = input.baseAddress
      stream.pointee.availableIn = UInt32(input.count)
      while status == Self.ok, output.count <= maximumByteCount {
        chunk.withUnsafeMutableBufferPointer { room in
          stream.pointee.nextOut = room.baseAddress
          stream.pointee.availableOut = UInt32(room.count)
          status = step(stream, Self.finish)
          // Room or input is used up: more of the one follows, or the stream was cut off.
          if status == Self.bufferError, stream.pointee.availableOut == 0 { status = Self.ok }
        }
        output += chunk[..<(chunk.count - Int(stream.pointee.availableOut))]
      }
    }
    if output.count > maximumByteCount { throw .tooLarge }
    guard status == Self.streamEnd, stream.pointee.availableIn == 0 else { throw .malformed }
    return output
  }
}
