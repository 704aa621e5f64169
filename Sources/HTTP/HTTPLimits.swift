/// What a server grants a peer at most.
package struct HTTPLimits: Sendable {
  /// A request line or a field line, without its line end, in bytes.
  package var maximumLineByteCount = 8_192
  /// The fields of one request.
  package var maximumFieldCount = 64
  /// All field lines of one request with their line ends, in bytes.
  package var maximumFieldsByteCount = 16_384
  /// A request's body in bytes, whatever its admission says.
  package var maximumBodyByteCount = 64 * 1_024 * 1_024

  /// From the first byte of a request to the end of its fields, in seconds; then 408. A body has
  /// the same time before its rate counts.
  package var headerDeadlineSeconds = 10.0
  /// A body that comes in, or an answer that is taken, more slowly than this on average is given
  /// up.
  package var minimumBodyBytesPerSecond = 1_024.0
  /// How long a connection may stand without a request, in seconds. An answer has the same time
  /// before its rate counts.
  package var idleTimeoutSeconds = 30.0

  /// Open connections; one more is answered 503 and closed.
  package var maximumConnections = 10_000
  /// Open connections from one address (all Unix connections count as one address). Lower it where
  /// peers connect directly and not through one proxy.
  package var maximumConnectionsPerAddress = 10_000
  /// What all connections together may hold: bytes of requests that come in or are handled, and of answers
  /// that are not taken yet. While it is more, requests that are not small are answered 503, and the
  /// connections end that have taken nothing of a large answer for the longest time.
  package var maximumHeldByteCount = 512 * 1_024 * 1_024
  /// A request that holds no more than this always goes on, as does an answer.
  package var smallRequestByteCount = 64 * 1_024
  /// Threads that run `HTTPHandler.handle`.
  package var workerCount = 16

  /// What is still read and thrown away after the last answer on a connection, in bytes.
  package var maximumDrainByteCount = 64 * 1_024
  /// How long that may take, in seconds.
  package var drainSeconds = 1.0

  /// The limits of a server that faces the internet.
  package static let standard = HTTPLimits()

  package init() {}
}
