package import Causality
import JSON
package import Platform

/// What is known of a store that is wiped: all that remains of it.
package struct WipeRecord: Sendable, Equatable {
  package var device: UniqueID
  /// Milliseconds since 1970 UTC.
  package var orderedAt: UInt64
  /// When everything was gone; nil before.
  package var doneAt: UInt64?
  /// Whom to tell that it is done, and what to show there; nil once that was heard.
  package var teller: Teller?

  package struct Teller: Sendable, Equatable {
    package var url: String
    package var certificateFile: String?
    package var refreshToken: String

    package init(url: String, certificateFile: String?, refreshToken: String) {
      (self.url, self.certificateFile) = (url, certificateFile)
      self.refreshToken = refreshToken
    }
  }

  package init(device: UniqueID, orderedAt: UInt64, teller: Teller?) {
    (self.device, self.orderedAt, self.teller) = (device, orderedAt, teller)
  }

  /// The record of a directory; nil if nobody has ordered a wipe there.
  package static func read(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) -> WipeRecord? {
    let bytes = try translated { () throws(SystemError) -> [UInt8]? in
      guard try fileSystem.status(layout.wipe) != nil else { return nil }
      return try fileSystem.readFile(layout.wipe)
    }
    guard let bytes else { return nil }
    guard let record = WipeRecord(bytes) else {
      throw StorageError(.corrupt, path: layout.wipe, problem: "says nothing of a wipe")
    }
    return record
  }

  /// Durable on return.
  package func write(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) {
    try translated { () throws(SystemError) in
      try fileSystem.writeFileDurably(layout.wipe, bytes)
    }
  }

  private var bytes: [UInt8] {
    var object: JSONObject = [
      "device": .string(device.description),
      "ordered_at": .string(Timestamp.text(milliseconds: orderedAt)),
    ]
    if let doneAt { object.append("done_at", .string(Timestamp.text(milliseconds: doneAt))) }
    if let teller {
      object.append("url", .string(teller.url))
      object.append("refresh_token", .string(teller.refreshToken))
      if let file = teller.certificateFile { object.append("certificate_file", .string(file)) }
    }
    return JSONValue.object(object).prettyBytes() + [UInt8(ascii: "\n")]
  }

  private init?(_ bytes: [UInt8]) {
    guard let object = (try? JSONValue(parsing: bytes))?.objectValue,
      let device = object["device"]?.stringValue.flatMap({ UniqueID($0) }),
      let ordered = object["ordered_at"]?.stringValue.flatMap(Timestamp.milliseconds)
    else { return nil }
    self.init(device: device, orderedAt: ordered, teller: nil)
    doneAt = object["done_at"]?.stringValue.flatMap(Timestamp.milliseconds)
    if let url = object["url"]?.stringValue, let token = object["refresh_token"]?.stringValue {
      teller = Teller(
        url: url, certificateFile: object["certificate_file"]?.stringValue, refreshToken: token)
    }
  }
}

extension WipeRecord {
  /// Drops everything in the directory but this record: first the keys, here and in backups inside, without which
  /// nothing that is left of a sealed store can be read; then what opens something, what the store is, and all the
  /// rest. Whoever is interrupted goes on by calling it again. Durable on return.
  /// - Throws: `locked` while somebody has the store open.
  package func dropEverything(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) {
    let lock = try translated { () throws(SystemError) in
      try fileSystem.open(layout.lock, .openOrCreate)
    }
    defer { lock.close() }
    guard try translated({ () throws(SystemError) in try lock.tryLock() }) else {
      throw StorageError(.locked, path: layout.root, problem: "is in use by another program")
    }
    try translated { () throws(SystemError) in
      // What a store leaves there when it is closed.
      try lock.truncate(to: 0)
    }
    try KeyFile.destroyAll(below: layout.root, fileSystem)
    try translated { () throws(SystemError) in
      for path in [layout.apiToken, layout.identity, layout.identityCopy] {
        try fileSystem.removeTree(path)
      }
      try fileSystem.synchronizeDirectory(layout.root)
      let kept: Set = [layout.wipe, layout.lock]
      for name in try fileSystem.contents(ofDirectory: layout.root) {
        let path = "\(layout.root)/\(name)"
        if !kept.contains(path) { try fileSystem.removeTree(path) }
      }
      try fileSystem.synchronizeDirectory(layout.root)
    }
  }
}
