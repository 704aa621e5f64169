import Glibc
import Testing

@testable import Platform

@Suite struct StandardStreamTests {
  @Test func `everything is read to the end, and no more than allowed`() throws {
    let bytes = [UInt8](repeating: 7, count: 1_000)
    #expect(try readingBack(bytes, maximumByteCount: 1_000) == bytes)
    #expect(try readingBack([], maximumByteCount: 0) == [])
    #expect(throws: SystemError("read", "pipe", code: EFBIG)) {
      try readingBack(bytes, maximumByteCount: 999)
    }
  }

  @Test func `a stream that would block is waited for`() throws {
    let (input, output) = try pipeEnds()
    #expect(fcntl(output, F_SETFL, O_NONBLOCK) == 0)
    #expect(fcntl(input, F_SETFL, O_NONBLOCK) == 0)
    // More than a pipe holds, so that both sides have to wait for each other.
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
    var writer = pthread_t()
    let work = Unmanaged.passRetained(Work(bytes: bytes, descriptor: output))
    let code = pthread_create(
      &writer, nil,
      { pointer in
        guard let pointer else { return nil }
        let work = Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue()
        try? writeAll(work.bytes, to: work.descriptor, "pipe")
        close(work.descriptor)
        return nil
      }, work.toOpaque())
    try #require(code == 0)
    let read = try readToEnd(of: input, "pipe", maximumByteCount: .max)
    pthread_join(writer, nil)
    close(input)
    #expect(read == bytes)
  }

  @Test func `writing to a closed pipe is an error once broken pipes are ignored`() throws {
    ignoreBrokenPipes()
    let (input, output) = try pipeEnds()
    close(input)
    defer { close(output) }
    #expect(throws: SystemError("write", "pipe", code: EPIPE)) {
      try writeAll([1], to: output, "pipe")
    }
  }

  @Test func `a pipe is no terminal`() throws {
    let (input, output) = try pipeEnds()
    #expect(!isTerminal(input))
    close(input)
    close(output)
  }

  private final class Work: Sendable {
    let bytes: [UInt8]
    let descriptor: Int32

    init(bytes: [UInt8], descriptor: Int32) {
      self.bytes = bytes
      self.descriptor = descriptor
    }
  }

  private func readingBack(_ bytes: [UInt8], maximumByteCount: Int) throws -> [UInt8] {
    let (input, output) = try pipeEnds()
    defer { close(input) }
    try writeAll(bytes, to: output, "pipe")
    close(output)
    return try readToEnd(of: input, "pipe", maximumByteCount: maximumByteCount)
  }

  private func pipeEnds() throws -> (input: Int32, output: Int32) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw SystemError("pipe", "", code: errno) }
    return (ends[0], ends[1])
  }
}
