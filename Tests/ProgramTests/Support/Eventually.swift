import Glibc

/// What a program that runs by itself has brought about, as soon as it is what is waited for; after ten seconds
/// whatever it is then.
func eventually<Value>(
  _ look: () throws -> Value, is isReached: (Value) -> Bool
) rethrows -> Value {
  for _ in 0..<400 {
    let value = try look()
    if isReached(value) { return value }
    usleep(25_000)
  }
  return try look()
}
