import Documents
import JSON
import Platform
import Replica
import Synchronization

/// With which logins are signed: the newest key, and those before as long as logins of their times may hold.
final class LoginKeys: Sendable {
  struct Key: Sendable, Equatable {
    /// Stands in each token.
    var name: String
    var bytes: [UInt8]
    /// Milliseconds since 1970 UTC.
    var madeAt: UInt64
  }

  private let path: String
  private let setup: ReplicaSetup
  /// The newest last; read when it is needed first.
  private let keys = Mutex<[Key]?>(nil)

  /// So many are kept.
  private static let most = 4
  private static let nameByteCount = 4
  private static let byteCount = 32

  init(path: String, _ setup: ReplicaSetup) { (self.path, self.setup) = (path, setup) }

  /// The key for new logins, made the first time.
  func current() throws(ServerError) -> Key {
    let all = try all()
    guard let last = all.last else { throw .corrupt(path: path) }
    return last
  }

  /// Those by which a login may have been signed.
  func kept() throws(ServerError) -> [Key] { try all() }

  /// Makes a new key. Durable on return.
  func rotate(at now: UInt64) throws(ServerError) {
    let before = try all()
    try keys.withLock { (keys) throws(ServerError) in
      let next = Array((before + [newKey(now)]).suffix(Self.most))
      try write(next)
      keys = next
    }
  }

  private func all() throws(ServerError) -> [Key] {
    try keys.withLock { (keys) throws(ServerError) in
      if let keys { return keys }
      let read = try self.read() ?? [newKey(setup.world.clock.now())]
      if try onSystem({ () throws(SystemError) in try setup.fileSystem.status(path) }) == nil {
        try write(read)
      }
      keys = read
      return read
    }
  }

  private func newKey(_ now: UInt64) -> Key {
    Key(
      name: HexText.text(setup.world.random.bytes(Self.nameByteCount)),
      bytes: setup.world.random.bytes(Self.byteCount), madeAt: now)
  }

  private func read() throws(ServerError) -> [Key]? {
    let bytes = try onSystem { () throws(SystemError) -> [UInt8]? in
      guard try setup.fileSystem.status(path) != nil else { return nil }
      return try setup.fileSystem.readFile(path)
    }
    guard let bytes else { return nil }
    let entries = (try? JSONValue(parsing: bytes))?.arrayValue ?? []
    let keys = entries.compactMap { $0.objectValue.flatMap(Key.init) }
    guard !keys.isEmpty, keys.count == entries.count else { throw .corrupt(path: path) }
    return keys
  }

  private func write(_ keys: [Key]) throws(ServerError) {
    let value = JSONValue.array(keys.map { .object($0.object) })
    try onSystem { () throws(SystemError) in
      try setup.fileSystem.writeFileDurably(path, value.prettyBytes())
    }
  }
}

extension LoginKeys.Key {
  fileprivate var object: JSONObject {
    ["name": .string(name), "key": .string(HexText.text(bytes)), "made_at": .time(madeAt)]
  }

  fileprivate init?(_ object: JSONObject) {
    guard let name = object["name"]?.stringValue,
      let bytes = object["key"]?.stringValue.flatMap({ HexText.bytes($0) }), bytes.count == 32,
      let madeAt = object.time("made_at")
    else { return nil }
    self.init(name: name, bytes: bytes, madeAt: madeAt)
  }
}
