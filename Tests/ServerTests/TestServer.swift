import Causality
import Clinic
import Documents
import JSON
import Platform
import Replica
import Synchronization

@testable import Server

/// A clock that tests set.
final class HandClock: WallClock {
  private let time = Atomic<UInt64>(1_790_000_000_000)

  func now() -> UInt64 { time.load(ordering: .relaxed) }
  func advance(milliseconds: UInt64) { time.add(milliseconds, ordering: .relaxed) }
  func advance(minutes: UInt64) { advance(milliseconds: minutes * 60_000) }
}

/// A real data directory with one account and an owner, and no network.
final class TestServer {
  static let owner = "owner@example.org"

  let clock = HandClock()
  let disk = FillingDisk(filling: "/server/audit/")
  let root: String
  let setup: ReplicaSetup
  private(set) var data: ServerData
  let account: UniqueID

  init() throws {
    let system = try ReplicaSetup.system()
    let world = ReplicaWorld(
      clock: clock, random: system.world.random, digest: system.world.digest,
      clinic: system.world.clinic)
    setup = ReplicaSetup(
      fileSystem: disk, catalogue: system.catalogue, world: world)
    let place = Host.environment("TMPDIR") ?? "/tmp"
    root = "\(place)/server-\(HexText.text(SystemRandom().bytes(12)))"
    data = try ServerData.open(root, setup: setup)
    account = try data.createAccount(name: "Clinic", id: nil)
    _ = try data.createUser(
      NewUser(
        account: account,
        fields: ["email": .string(Self.owner), "role": "owner", "name": "Olga Owner"],
        password: nil))
  }

  deinit {
    data.close()
    try? POSIXFileSystem().removeTree(root)
  }

  func reopen() throws {
    data.close()
    data = try ServerData.open(root, setup: setup)
  }

  func code(minutes: Int = 10, for email: String = owner) throws -> String {
    try data.createCode(account: account, email: email, minutes: minutes)
  }

  func makeUser(_ email: String) throws -> UniqueID {
    try data.createUser(
      NewUser(
        account: account, fields: ["email": .string(email), "role": "clinician", "name": "Nina"],
        password: nil))
  }

  func enrol(
    _ code: String, device: UniqueID? = nil, replica: ReplicaID? = nil, token: String? = nil
  ) throws -> EnrolmentGrant {
    try data.enrol(
      code: code, device: device ?? setup.newID(), replica: replica ?? setup.newID(),
      name: "Laptop", account: nil, token: token)
  }
}
