import Testing

/// What the pure rooms must not do, read from their source.
@Suite struct PureRoomsTests {
  private static let names = Names(Rooms.files)

  @Test(arguments: Rooms.all)
  func `a room has files`(room: String) {
    #expect(Rooms.files.contains { $0.room == room })
  }

  @Test(arguments: Rooms.all)
  func `no clock, no random source, no task`(room: String) {
    for finding in WordScan(Rooms.files.filter { $0.room == room }).findings {
      Issue.record("\(finding)")
    }
  }

  @Test func `every allowed place has a reason and is still there`() {
    #expect(WordScan(Rooms.files).leftOver == [])
    #expect(Allowed.all.allSatisfy { !$0.reason.isEmpty })
  }

  @Test(arguments: Rooms.all)
  func `no order of a set or dictionary can be seen`(room: String) {
    for (number, file) in Rooms.files.enumerated() where file.room == room {
      for finding in OrderScan(Self.names, number).findings { Issue.record("\(finding)") }
    }
  }
}
