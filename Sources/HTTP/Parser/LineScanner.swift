/// Finds lines that end in CR LF and hold no other control byte than the tab.
///
/// It judges byte by byte in the order of the stream, so that how the bytes were split never
/// changes the verdict.
struct LineScanner: Sendable {
  /// How many bytes at the queue's front have been judged. Invariant: they hold no line end.
  private var judged = 0
  private var sawCarriageReturn = false

  /// Takes the next whole line, without its end, or nothing when more bytes are needed.
  /// - Parameters:
  ///   - limit: the most bytes a line may have.
  ///   - overflow: what is thrown when it has more.
  /// - Complexity: O(n) over all calls for one line of n bytes.
  mutating func nextLine(
    in queue: inout ByteQueue, limit: Int, overflow: HTTPRefusal
  ) throws(HTTPRefusal) -> [UInt8]? {
    while judged < queue.count {
      let byte = queue[judged]
      if sawCarriageReturn {
        guard byte == ASCII.lineFeed else { throw .malformed("A line has a bare CR.") }
        return takeLine(from: &queue)
      }
      if byte == ASCII.carriageReturn {
        sawCarriageReturn = true
      } else if ASCII.isControl(byte) && byte != ASCII.horizontalTab {
        throw .malformed("A line has a control byte.")
      } else if judged >= limit {
        throw overflow
      }
      judged += 1
    }
    return nil
  }

  private mutating func takeLine(from queue: inout ByteQueue) -> [UInt8] {
    let line = queue.take(judged - 1)
    queue.drop(2)
    judged = 0
    sawCarriageReturn = false
    return line
  }
}
