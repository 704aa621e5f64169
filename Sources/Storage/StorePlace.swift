import JSON
import Platform

/// Where a store is: a copy of its directory, or a disk in another machine, is another place. A new
/// name on the same file system is none, nor is a restart of the machine.
package struct StorePlace: Sendable, Equatable {
  /// The machine's id; empty if it has none.
  package let machine: String
  /// Of the file `LOCK`.
  package let inode: UInt64
  /// When that file was made, in nanoseconds since 1970; nil if the file system keeps no such time.
  package let birthTime: UInt64?

  init(machine: String, inode: UInt64, birthTime: UInt64?) {
    self.machine = machine
    self.inode = inode
    self.birthTime = birthTime
  }

  /// The place of a store whose `LOCK` is there.
  init(_ layout: StoreLayout, _ environment: StoreEnvironment) throws(StorageError) {
    let status = try translated { () throws(SystemError) in
      try environment.fileSystem.status(layout.lock)
    }
    self.init(
      machine: environment.machine, inode: status?.inode ?? 0, birthTime: status?.birthTime)
  }

  var object: JSONObject {
    var object: JSONObject = [
      "machine": .string(machine), "inode": .string(String(inode)),
    ]
    object["birth"] = birthTime.map { .string(String($0)) }
    return object
  }

  /// Nil if it is malformed.
  init?(_ object: JSONObject) {
    guard let machine = object["machine"]?.stringValue,
      let inode = object["inode"]?.stringValue.flatMap({ UInt64($0) })
    else { return nil }
    let birth = object["birth"]?.stringValue
    let time = birth.flatMap { UInt64($0) }
    guard birth == nil || time != nil else { return nil }
    self.init(machine: machine, inode: inode, birthTime: time)
  }
}
