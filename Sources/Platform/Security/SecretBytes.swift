internal import Glibc

/// Bytes that are kept out of the swap and of core dumps, and overwritten when nobody holds them any more.
///
/// Each takes a page of memory: for keys, not for what they open.
package final class SecretBytes: Sendable {
  /// Never changed after `init`.
  private struct Page: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer
    let byteCount: Int
  }

  private let page: Page
  /// Whether the system keeps them out of the swap: it does so for a limited number of pages.
  package let isLocked: Bool

  package var count: Int { page.byteCount }

  /// Copies the bytes; the caller's own are left as they are.
  package convenience init(_ bytes: [UInt8]) {
    self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// - Parameter fill: gets so many zero bytes to fill.
  package init(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
    let byteCount = (max(count, 1) + pageByteCount - 1) / pageByteCount * pageByteCount
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: byteCount, alignment: pageByteCount)
    isLocked = mlock(bytes.baseAddress!, byteCount) == 0
    madvise(bytes.baseAddress!, byteCount, MADV_DONTDUMP)
    explicit_bzero(bytes.baseAddress!, byteCount)
    page = Page(bytes: bytes, byteCount: count)
    fill(UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]))
  }

  deinit {
    let (start, byteCount) = (page.bytes.baseAddress!, page.bytes.count)
    explicit_bzero(start, byteCount)
    // The allocator may give the page to anybody.
    madvise(start, byteCount, MADV_DODUMP)
    if isLocked { munlock(start, byteCount) }
    page.bytes.deallocate()
  }

  /// The bytes must not be used after `body`.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(rebasing: page.bytes[..<page.byteCount]))
  }
}
