import JSON
import Platform
import Simulation
import Storage
import Testing

/// Bringing a store up to date and going back, cut off at every call.
struct FormatCrashTests {
  private static let fates: [Fate] = [
    .nothingSurvives, .everythingSurvives, .namesSurvive, .contentSurvives, .seeded(1), .seeded(2),
  ]

  /// A store in files and in the log, as an older program left it.
  private func olderStore(_ workload: Workload) throws -> SimulatedFileSystem {
    let fileSystem = SimulatedFileSystem()
    let player = Player(workload, fileSystem)
    try player.create()
    for _ in 0..<4 { try player.commit() }
    _ = try player.store?.checkpoint()
    for _ in 0..<2 { try player.commit() }
    player.close()
    try setFormat(1, on: fileSystem)
    return fileSystem
  }

  private var layout: StoreLayout { StoreLayout(root: SimulatedStore.root) }

  private func setFormat(_ format: Int, on fileSystem: SimulatedFileSystem) throws {
    let bytes = try fileSystem.readFile(layout.identity)
    var object = try #require(try JSONValue(parsing: bytes).objectValue)
    object["format"] = .int(format)
    object["check"] = nil
    try fileSystem.writeFileDurably(layout.identity, JSONValue.object(object).prettyBytes())
  }

  private func expectState(
    _ state: String, on fileSystem: SimulatedFileSystem, _ context: String
  ) {
    do {
      let store = try SimulatedStore.open(fileSystem)
      #expect(try SimulatedStore.state(of: store) == state, "\(context)")
      store.close()
      #expect(try SimulatedStore.verify(fileSystem).problems == [], "\(context)")
    } catch { Issue.record("\(error): \(context)") }
  }

  @Test func `wherever an upgrade is cut off, the store holds what it held`() throws {
    let workload = try Workload.full()
    let older = try olderStore(workload)
    var number = 1
    while true {
      let fileSystem = older.afterKill()
      fileSystem.crash(at: number)
      do { try SimulatedStore.open(fileSystem).close() } catch {
        #expect(fileSystem.isDead, "\(error)")
      }
      guard fileSystem.isDead else { break }
      for fate in Self.fates {
        expectState(
          workload.states[6], on: fileSystem.afterCrash(fate: fate), "call \(number), \(fate)")
      }
      number += 1
    }
    #expect(number > 20)
    print("crash points run: \(number - 1) of an upgrade")
  }

  private func downgrade(_ fileSystem: SimulatedFileSystem) throws(StorageError) {
    let environment = SimulatedStore.environment(fileSystem)
    try Store.withLock(at: SimulatedStore.root, fileSystem: fileSystem) {
      (layout) throws(StorageError) in
      _ = try Downgrade(layout: layout, environment: environment).run()
    }
  }

  @Test func `wherever going back is cut off, it can be finished, and both states are kept`() throws
  {
    let workload = try Workload.full()
    let fileSystem = try olderStore(workload)
    let store = try SimulatedStore.open(fileSystem)
    try store.commit(workload.batches[6])
    _ = try store.checkpoint()
    store.close()
    var number = 1
    while true {
      let cut = fileSystem.afterKill()
      cut.crash(at: number)
      do { try downgrade(cut) } catch { #expect(cut.isDead, "\(error)") }
      guard cut.isDead else { break }
      for fate in Self.fates { try expectBoth(workload, on: cut.afterCrash(fate: fate), number) }
      number += 1
    }
    #expect(number > 40)
    print("crash points run: \(number - 1) of going back")
  }

  private func expectBoth(
    _ workload: Workload, on fileSystem: SimulatedFileSystem, _ number: Int
  ) throws {
    let context = "call \(number)"
    do { try downgrade(fileSystem) } catch {
      // It was through but for the last steps.
      #expect(error.code == .noStore, "\(error): \(context)")
    }
    expectState(workload.states[6], on: fileSystem, context)
    let kept = "/clinic/kept"
    _ = try Store.restore(
      backup: layout.undone, to: kept, environment: SimulatedStore.environment(fileSystem))
    let newer = try Store.open(at: kept, environment: SimulatedStore.environment(fileSystem))
    #expect(try SimulatedStore.state(of: newer) == workload.states[7], "\(context)")
    newer.close()
  }
}
