import Causality
import Documents
import JSON
import Planted
import Storage

/// How a change-set becomes part of a transaction, piece by piece.
extension Replica {
  /// - Returns: how many documents changed by what came, and what must be remembered.
  func takeIn(
    _ changes: ArrivingChanges, _ judge: PushJudge?, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> (count: Int, registers: [(name: String, value: JSONValue)]) {
    var changes = changes
    changes.pieceDocumentCount = pieces.documentCount
    if role == .server { return try takeInAtServer(changes, judge, &transaction) }
    try takeInAtLaptop(changes, &transaction)
    return (transaction.changedCount, [])
  }

  private func takeInAtLaptop(
    _ changes: ArrivingChanges, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    var open = OpenJoins()
    try changes.forEachPiece { (piece, isLast) throws(ReplicaError) in
      let parts =
        planted(Fault.transactionHalfTaken)
        ? Array(piece.latestParts.dropLast()) : piece.latestParts
      try parkUnreadable(piece.unreadable, from: nil)
      try parkRefused(parts)
      try join(parts, changes.last.runs, into: &transaction, &open)
      if !isLast { try transaction.begin(in: store) }
    }
    try settle(open, in: &transaction)
  }

  private func takeInAtServer(
    _ changes: ArrivingChanges, _ judge: PushJudge?, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> (count: Int, registers: [(name: String, value: JSONValue)]) {
    let desk = try desk(for: changes, of: judge, transaction)
    var refused = try refused(in: changes, by: desk, transaction)
    var reasons = ServerReasons()
    var open = OpenJoins()
    var last = lastNumber
    try changes.forEachPiece { (piece, isLast) throws(ReplicaError) in
      var parts = withoutParked(piece.latestParts)
      if !refused.isEmpty {
        for part in parts { refused.note(part) }
        // An erasure is final and has left nothing else: one that is refused must not be joined at all.
        parts.removeAll { $0.isErased(by: refused.dots) }
        // Not for one moment may it drop content, or let any in.
        parts = parts.map { $0.without(refused.dots) }
      }
      if let desk { parts = try screened(parts, by: desk, refused, &transaction) }
      try join(parts, changes.last.runs, into: &transaction, &open)
      try keepUnreadable(piece.unreadable, from: judge, in: &transaction)
      reasons.note(parts)
      guard !isLast else { return }
      try number(transaction.changed, after: &last, in: &transaction)
      try transaction.begin(in: store)
    }
    try settle(open, in: &transaction)
    var registers = try putBack(refused, in: &transaction)
    try eraseAsAsked(reasons.erasures, in: &transaction)
    let count = transaction.changedCount
    try number(transaction.changed, after: &last, in: &transaction)
    registers += numberRegister(last)
    try writeAsServer(because: reasons.others, in: &transaction)
    return (count, registers)
  }

  private func screened(
    _ parts: [Document], by desk: PushDesk, _ refused: RefusedTransactions,
    _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> [Document] {
    var screened: [Document] = []
    for (number, part) in parts.enumerated() {
      if number % Self.fetchedAtOnce == 0 {
        let next = parts[number..<min(number + Self.fetchedAtOnce, parts.count)]
        try transaction.fetch(next.map(\.key))
      }
      let mine = try transaction.document(part.key)
      let left = desk.screened(part, for: mine)
      // A document of which nothing may come is made only for what was refused to be put back there.
      let isEmpty = left.units.isEmpty && !left.lacksContent
      if mine == nil, isEmpty, !refused.concerns(part.key) { continue }
      screened.append(left)
    }
    return screened
  }

  /// A push that comes twice brings nothing back that was refused, nor does a copy of the laptop bring what its author
  /// replaced by that.
  func withoutParked(_ parts: [Document]) -> [Document] {
    let registers = store.read { $0.registers }
    let parked = Self.parked(registers)
    if parked.isEmpty { return parts }
    let out = parked.union(Self.unjudged(registers))
    return parts.map { $0.without(out) }
  }
}

/// Documents of a push because of which a server may have to write something itself.
struct ServerReasons {
  /// Requests for an erasure.
  private(set) var erasures: [DocumentKey] = []
  private(set) var others: [DocumentKey] = []

  mutating func note(_ parts: [Document]) {
    for part in parts {
      if part.key.type == "erasure_request" { erasures.append(part.key) }
      if Replica.mayGiveReason(part) { others.append(part.key) }
    }
  }
}
