import Glibc
import JSON
import Platform
import Testing

/// A small file system of its own, until the object goes. Only root may mount one.
private final class SmallDisk {
  let path: String

  init(_ path: String, options: String) throws {
    self.path = path
    try POSIXFileSystem().createDirectory(path)
    guard mount("satchel-test", path, "tmpfs", 0, options) == 0 else {
      throw TestFailure("mount \(path): \(errno)")
    }
  }

  /// Gives it other limits.
  func change(_ options: String) throws {
    guard mount("satchel-test", path, "tmpfs", UInt(MS_REMOUNT), options) == 0 else {
      throw TestFailure("remount \(path): \(errno)")
    }
  }

  func setReadOnly(_ isReadOnly: Bool) throws {
    let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0)
    guard mount("satchel-test", path, "tmpfs", flags, nil) == 0 else {
      throw TestFailure("remount \(path): \(errno)")
    }
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  /// Whether this process may mount: tried once.
  static let isAllowed: Bool = {
    let path = "/tmp/satchel-mount-\(getpid())"
    guard mkdir(path, 0o700) == 0 else { return false }
    defer { rmdir(path) }
    guard mount("satchel-test", path, "tmpfs", 0, "size=64k") == 0 else { return false }
    umount2(path, Int32(MNT_DETACH))
    return true
  }()
}

/// A disk that is really full: the errors are the kernel's.
@Suite(.enabled(if: SmallDisk.isAllowed, "only root may mount a small disk for these tests"))
struct FullDiskTests {
  let fixture: ProgramFixture

  init() throws { fixture = try ProgramFixture() }

  /// Creates patients until the disk takes no more.
  /// - Returns: the ids of those that were acknowledged, and what the first refused one said.
  private func fill(_ laptop: TestLaptop) throws -> (ids: [String], refusal: ProgramResult) {
    var ids: [String] = []
    let note = String(repeating: "x", count: 60_000)
    for number in 0..<1000 {
      let json = #"{"first_name":"P\#(number)","last_name":"Full","notes":"\#(note)"}"#
      let result = try laptop.run("create", "patient", "--json", input: json)
      guard result.status == 0 else { return (ids, result) }
      let object = try JSONValue(parsing: result.output).objectValue
      ids.append(try #require(object?["id"]?.stringValue))
    }
    throw TestFailure("the disk never got full")
  }

  private func expectThere(_ ids: [String], _ laptop: TestLaptop) throws {
    let list = try laptop.succeed("list", "patient", "--json")
    for id in ids { #expect(list.contains(id)) }
    #expect(list.split(separator: "\n").count == ids.count)
    #expect(try laptop.isSound())
  }

  @Test func `a disk that cannot be written shows what it has, and refuses writes in one line`()
    throws
  {
    let disk = try SmallDisk(fixture.path("disk"), options: "size=16m")
    let laptop = try TestLaptop(fixture, "disk/store")
    _ = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try laptop.succeed("checkpoint")
    _ = try laptop.create("patient", #"{"first_name":"Ben","last_name":"Later"}"#)
    let before = try laptop.succeed("list", "patient", "--json")
    try disk.setReadOnly(true)
    let list = try laptop.run("list", "patient", "--json")
    #expect(list.status == 0 && list.text == before)
    let line = "\(laptop.store): cannot be written here; the store is open for reading only"
    #expect(list.errors == "satchel: \(line)\n")
    let write = try laptop.run("create", "patient", input: #"{"first_name":"C","last_name":"D"}"#)
    #expect(write.status == 1 && write.errors == "satchel: \(line)\n")
    #expect(try laptop.run("status", "--json").text.contains(#""read_only":true"#))
    #expect(try laptop.isSound())
    try disk.setReadOnly(false)
    _ = try laptop.create("patient", #"{"first_name":"C","last_name":"D"}"#)
    #expect(try laptop.isSound())
  }

  @Test func `a disk without room refuses cleanly, and works again when there is some`() throws {
    let disk = try SmallDisk(fixture.path("disk"), options: "size=2m")
    let laptop = try TestLaptop(fixture, "disk/store")
    let (ids, refusal) = try fill(laptop)
    #expect(refusal.status == 1 && refusal.errors.contains("No space left on device"))
    #expect(ids.count > 5)
    try expectThere(ids, laptop)
    try disk.change("size=40m")
    let json = #"{"first_name":"Once","last_name":"More"}"#
    let more = try laptop.create("patient", json)
    try laptop.succeed("checkpoint")
    try expectThere(ids + [more], laptop)
  }

  @Test func `a disk without inodes refuses a checkpoint and takes it up again`() throws {
    let disk = try SmallDisk(fixture.path("disk"), options: "size=40m,nr_inodes=40")
    let laptop = try TestLaptop(fixture, "disk/store")
    var ids: [String] = []
    for number in 0..<60 {
      let json = #"{"first_name":"P\#(number)","last_name":"Inode"}"#
      ids.append(try laptop.create("patient", json))
    }
    let refusal = try laptop.run("checkpoint")
    #expect(refusal.status == 1 && refusal.errors.contains("No space left on device"))
    try expectThere(ids, laptop)
    ids.append(try laptop.create("patient", #"{"first_name":"Still","last_name":"Works"}"#))
    try disk.change("nr_inodes=1000")
    try laptop.succeed("checkpoint")
    try expectThere(ids, laptop)
  }
}
