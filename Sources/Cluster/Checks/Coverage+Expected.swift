extension Coverage {
  /// What the fixed seeds must bring about: every fault of a message at every request that is long enough for
  /// it, every fault of a disk at every part of a store that is written often, and whatever else can befall
  /// the server and a laptop.
  static let expected: [Spot] = messages + disks + machines

  private static let messages = MessageFault.allCases.flatMap { fault in
    [
      "whole push", "first page of a push", "later page of a push", "last page of a push",
      "page of a pull",
    ].map { Spot(fault: fault.rawValue, place: $0) }
  }

  private static let disks: [Spot] = [
    (
      "power cut",
      ["a directory", "documents", "history", "index", "staged", "store", "wal"]
    ),
    ("sync fails", ["a directory", "staged", "store", "wal"]),
    ("disk full", ["staged", "store", "wal"]),
    ("read fails", ["index", "staged", "wal"]),
  ].flatMap { fault, places in places.map { Spot(fault: fault, place: $0) } }

  private static let machines = Action.allCases.filter { action in
    action.kind != .work && action.kind != .syncing
  }.flatMap { action in
    (action.concernsLaptop ? ["laptop"] : ["laptop", "server"]).map {
      Spot(fault: action.rawValue, place: $0)
    }
  }
}
