/// A request that came whole at once, with the answer that its bytes have on this connection whenever they come.
struct RepeatedAnswer: Sendable {
  let request: [UInt8]
  let answer: [UInt8]
  /// When it was dated: it holds for that second.
  let second: UInt64
  let exchange: HTTPExchange
  /// How often it was given and nobody was told.
  var untoldCount = 0

  func isFor(_ bytes: ArraySlice<UInt8>, _ second: UInt64) -> Bool {
    second == self.second && request.count == bytes.count && request.elementsEqual(bytes)
  }
}
