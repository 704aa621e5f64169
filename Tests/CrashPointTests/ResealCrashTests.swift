import Platform
import Simulation
import Storage
import TestSupport
import Testing

/// A store that gets another seal, cut off at every call.
struct ResealCrashTests {
  private static let fates: [Fate] = [
    .nothingSurvives, .everythingSurvives, .namesSurvive, .seeded(1),
  ]

  private let layout = StoreLayout(root: SimulatedStore.root)
  private let workload: Workload
  private let keys: (ring: KeyRing, seal: StoreSeal)

  init() throws {
    workload = try Workload.full()
    let workshop = KeyRing.Workshop(
      try Cryptography.load(), random: SimulatedRandom(seed: 3),
      costs: PassphraseCosts(n: 2, r: 1, p: 1))
    keys = try KeyRing.make(
      passphrase: "x", recovery: RecoveryKey(random: SimulatedRandom(seed: 4)), workshop)
  }

  private func environment(
    _ fileSystem: SimulatedFileSystem, _ seal: any Seal
  ) -> StoreEnvironment {
    var environment = SimulatedStore.environment(fileSystem)
    environment.keepsFeed = false
    environment.seal = seal
    return environment
  }

  /// A store with something in files, in the journal, in the log and aside.
  private func store(_ seal: any Seal, _ ring: KeyRing?) throws -> SimulatedFileSystem {
    let fileSystem = SimulatedFileSystem()
    let environment = environment(fileSystem, seal)
    if let ring {
      try fileSystem.createDirectory(layout.root)
      try KeyFile(layout: layout, fileSystem: fileSystem).write(ring)
    }
    let store = try Store.create(
      at: layout.root, identity: SimulatedStore.identity, environment: environment)
    for number in 0..<4 { try store.commit(workload.batches[number]) }
    _ = try store.checkpoint()
    for number in 4..<6 { try store.commit(workload.batches[number]) }
    try store.park("one", [1, 2, 3])
    store.close()
    try fileSystem.synchronizeFileSystem(layout.root)
    return fileSystem
  }

  private func reseal(
    _ fileSystem: SimulatedFileSystem, from old: any Seal, to new: any Seal, _ ring: KeyRing?
  ) throws {
    try Resealer(
      root: layout.root, environment: environment(fileSystem, old), to: new, ring
    ).run()
    try ResealedStore(layout: layout, fileSystem: fileSystem).takePlace()
  }

  private enum Way: CaseIterable { case seal, unseal }

  @Test(arguments: Way.allCases)
  private func `wherever it is cut off, the store is as before or as it should be`(
    _ way: Way
  ) throws {
    let plain = NoSeal()
    let (old, new): (any Seal, any Seal) =
      way == .seal ? (plain, keys.seal) : (keys.seal, plain)
    let (oldRing, newRing) = way == .seal ? (nil, keys.ring) : (keys.ring, nil)
    let before = try store(old, oldRing)
    var (number, changed) = (1, 0)
    while true {
      let fileSystem = before.afterKill()
      fileSystem.crash(at: number)
      do { try reseal(fileSystem, from: old, to: new, newRing) } catch {
        #expect(fileSystem.isDead, "\(error)")
      }
      guard fileSystem.isDead else { break }
      for fate in Self.fates {
        let context = "call \(number), \(fate)"
        if expectState(on: fileSystem.afterCrash(fate: fate), context) == (way == .seal) {
          changed += 1
        }
      }
      number += 1
    }
    #expect(number > 60 && changed > 20)
    print("crash points run: \(number - 1) of another seal, \(changed) ends of them with it")
  }

  /// - Returns: whether the store is sealed.
  private func expectState(on fileSystem: SimulatedFileSystem, _ context: String) -> Bool {
    do {
      try ResealedStore(layout: layout, fileSystem: fileSystem).takePlace()
      let ring = try KeyFile(layout: layout, fileSystem: fileSystem).read()
      let seal: any Seal = ring == nil ? NoSeal() : keys.seal
      let environment = environment(fileSystem, seal)
      let store = try Store.open(at: layout.root, environment: environment)
      #expect(try SimulatedStore.state(of: store) == workload.states[6], "\(context)")
      #expect(try store.parked().map(\.content) == [[1, 2, 3]], "\(context)")
      store.close()
      let report = try Store.withLock(at: layout.root, fileSystem: fileSystem, seal: seal) {
        Verifier(layout: $0, environment: environment).verify()
      }
      #expect(report.problems == [], "\(context)")
      #expect(try fileSystem.status("\(layout.root)/resealed") == nil, "\(context)")
      return ring != nil
    } catch {
      Issue.record("\(error): \(context)")
      return false
    }
  }
}
