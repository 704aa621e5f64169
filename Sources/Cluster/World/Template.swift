import Causality
import Documents
import JSON
import Replica
import Simulation
import Storage
import Synchronization

/// A clinic as every schedule finds it: made once for each number of laptops, because making stores
/// takes longer than opening them.
package final class Templates: Sendable {
  struct Template: Sendable {
    /// The server's first.
    let disks: [SimulatedFileSystem]
    let devices: Devices.Kept
    /// What its laptops sealed; nil if they did not.
    let book: SaltBook?
  }

  let system: ReplicaSetup
  private let isEncrypted: Bool
  private let made = Mutex<[Int: Template]>([:])

  /// - Parameter isEncrypted: whether laptops seal their stores.
  package init(isEncrypted: Bool = false) throws {
    system = try .system()
    self.isEncrypted = isEncrypted
  }

  func template(laptopCount: Int) throws -> Template {
    try made.withLock { made in
      if let template = made[laptopCount] { return template }
      let template = try make(laptopCount)
      made[laptopCount] = template
      return template
    }
  }

  private func make(_ laptopCount: Int) throws -> Template {
    let book = isEncrypted ? SaltBook() : nil
    let machine = Machine(system, seed: UInt64(laptopCount), book: book)
    let clock = NodeClock(now: World.firstMoment)
    var disks = (0...laptopCount).map { SimulatedFileSystem(seed: UInt64($0)) }
    let devices = Devices()
    let server = try machine.create(.server, on: disks[0], clock)
    try server.transact { (transaction) throws(ReplicaError) in
      for (key, fields) in SmallClinic.founding { try transaction.set(key, to: fields) }
    }
    var laptops: [Replica] = []
    for disk in disks.dropFirst() {
      let laptop = try machine.create(.laptop, on: disk, clock)
      try laptop.store.updateIdentity { identity in
        identity.enrolment = .simulated(server: server.serverID)
      }
      devices.add(laptop.id, to: laptop.store.identity.device)
      laptops.append(laptop)
    }
    for _ in 0..<2 {
      for (number, laptop) in laptops.enumerated() {
        let desk = ServerDesk(server, devices, isJudging: false)
        let line = PlainLine(desk, from: laptop.store.identity.device)
        let sync = LaptopSync(replica: laptop, transport: line, fileSystem: disks[number + 1])
        _ = try sync.run()
      }
    }
    for replica in [server] + laptops { replica.store.close() }
    disks = disks.map { $0.afterKill() }
    return Template(disks: disks, devices: devices.kept, book: book)
  }
}

extension Enrolment {
  static func simulated(server: UniqueID) -> Enrolment {
    Enrolment(
      url: "", server: server, user: SmallClinic.key("user", 1).id, refreshToken: "",
      certificateFile: nil)
  }
}

/// A way to the server on which nothing is lost.
struct PlainLine: SyncTransport {
  private let desk: ServerDesk
  private let device: UniqueID

  init(_ desk: ServerDesk, from device: UniqueID) { (self.desk, self.device) = (desk, device) }

  func send(_ request: TransportRequest) -> TransportReply { desk.answer(request, from: device) }
}
