import JSON
import Platform
import ReplicaTestSupport
import Storage
import Testing

@testable import Replica

/// An index that has to be made anew counts the arrivals of documents anew: what a laptop has noted of them by
/// number means nothing any more.
@Suite struct NumberingTests: TwoLaptopSuite {
  let all: TwoLaptops

  init() throws { all = try TwoLaptops() }

  private func removeIndex(of laptop: TestReplica) throws {
    _ = try laptop.replica.checkpoint()
    laptop.replica.store.close()
    let fileSystem = POSIXFileSystem()
    for name in try fileSystem.contents(ofDirectory: "\(laptop.root)/index") {
      try fileSystem.removeFile("\(laptop.root)/index/\(name)")
    }
    try laptop.reopen()
  }

  /// Found by `satchel-sim`: a program that was upgraded knew another index, and what was written before was
  /// not sent.
  @Test func `what was written before the index was lost is sent`() throws {
    for number in 5...9 as ClosedRange<UInt64> {
      try edit(here, number, ["first_name": "Ana", "last_name": "Lima", "status": "active"])
    }
    try meet()
    // The first in the order of files, and not the last to arrive.
    try edit(here, 4, ["first_name": "Bo", "last_name": "New", "status": "active"])
    try removeIndex(of: here)
    try meet()
    try expectEqual()
    let state = try server.state()
    #expect(state.contains { $0.contains("New") })
  }

  @Test func `a numbering outlives checkpoints and new starts`() throws {
    try edit(here, 5, ["first_name": "Ana", "last_name": "Lima", "status": "active"])
    try meet()
    #expect(here.replica.read { $0.numbering } == 0)
    try removeIndex(of: here)
    let numbering = here.replica.read { $0.numbering }
    #expect(numbering != 0 && here.replica.peer.pushedUpTo == 0)
    try meet()
    #expect(here.replica.peer.pushedUpTo > 0)
    _ = try here.replica.checkpoint()
    try here.reopen()
    #expect(here.replica.read { $0.numbering } == numbering)
    #expect(here.replica.peer.pushedUpTo > 0)
  }
}
