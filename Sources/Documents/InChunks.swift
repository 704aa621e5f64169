internal import Dispatch
internal import Synchronization

/// Works on many values on all cores at once: `body` gets ranges that together are `0..<count`, and their
/// results come back in order, whoever was done first. For pure functions: what comes out does not depend
/// on the number of cores.
///
/// A few values are worked on by the caller alone: waking others takes longer.
package func inChunks<Result: Sendable>(
  _ count: Int, _ body: @Sendable (Range<Int>) -> Result
) -> [Result] {
  let smallest = 64
  let chunkCount = min(max(1, count / smallest), 32)
  let chunks = (0..<chunkCount).map { number in
    count * number / chunkCount..<count * (number + 1) / chunkCount
  }
  return inChunks(of: chunks, body)
}

/// The same for values that are large already.
package func inChunks<Value: Sendable, Result: Sendable>(
  of values: [Value], _ body: @Sendable (Value) -> Result
) -> [Result] {
  if values.count == 1 { return [body(values[0])] }
  let results = Mutex([Result?](repeating: nil, count: values.count))
  DispatchQueue.concurrentPerform(iterations: values.count) { number in
    let result = body(values[number])
    results.withLock { $0[number] = result }
  }
  return results.withLock { $0.compactMap { $0 } }
}
