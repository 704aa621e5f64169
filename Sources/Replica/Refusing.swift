package import Causality
import Clinic
import Documents
package import JSON
import Planted
import Platform
import Storage
import SyncProtocol

/// What a push wrote without a right to (DESIGN, rule 21).
struct RefusedTransactions {
  /// Why, by dot.
  private(set) var reasons: [Dot: String] = [:]
  /// New transactions of which something came.
  private var judged: Set<Dot> = []
  /// New transactions of which nothing came, because their author replaced it: nobody can say whether they were
  /// allowed to. An old copy may still bring what they wrote.
  private(set) var unjudged: [Dot] = []
  /// What they wrote: by dot, documents with nothing but those versions.
  private(set) var documents: [Dot: [Document]] = [:]

  var isEmpty: Bool { reasons.isEmpty }
  var dots: Set<Dot> { Set(reasons.keys) }

  /// Whether they wrote in a document that was noted.
  func concerns(_ key: DocumentKey) -> Bool {
    documents.values.contains { $0.contains { $0.key == key } }
  }

  /// The units that they wrote, by document.
  var units: [(key: DocumentKey, units: [String])] {
    var units: [DocumentKey: Set<String>] = [:]
    for document in documents.values.joined() {  // any order: sorted below
      units[document.key, default: []].formUnion(document.units.map(\.name))
    }
    return units.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
  }

  /// Looks at all that is new in some parts. One version that is not allowed refuses its transaction; so does
  /// an origin.
  mutating func judge(
    _ parts: [Document], new isNew: (Dot) -> Bool,
    objection: (Version, String, DocumentKey) -> String?, toOrigin: (Origin) -> String?
  ) {
    for part in parts {
      for unit in part.units {
        for version in unit.versions where isNew(version.write.dot) {
          judged.insert(version.write.dot)
          guard reasons[version.write.dot] == nil else { continue }
          reasons[version.write.dot] = objection(version, unit.name, part.key)
        }
      }
      let created = part.origin.dot
      guard isNew(created), reasons[created] == nil else { continue }
      reasons[created] = toOrigin(part.origin)
    }
  }

  /// Takes down those of which nothing came, if any other was refused.
  mutating func noteUnjudged(_ runs: [TransactionRun], beyond known: VersionVector) {
    if isEmpty { return }
    for run in runs where run.last > known[run.replica] {
      for number in max(run.first, known[run.replica] + 1)...run.last {
        let dot = Dot(run.replica, number)
        if !judged.contains(dot) { unjudged.append(dot) }
      }
    }
  }

  /// Notes what they wrote in a part. Of a document that comes twice the later part counts.
  mutating func note(_ part: Document) {
    for dot in reasons.keys {  // any order: each has a list of its own
      guard let written = part.part(from: [dot]) else { continue }
      documents[dot, default: []].removeAll { $0.key == part.key }
      documents[dot, default: []].append(written)
    }
  }
}

extension Replica {
  private static let parkedPrefix = "parked/"
  private static let unjudgedPrefix = "unjudged/"

  /// The transactions that were refused here.
  package static func parked(_ registers: [String: JSONValue]) -> Set<Dot> {
    dots(parkedPrefix, registers)
  }

  /// Those that came together with refused ones, and of which nothing was left to be judged.
  package static func unjudged(_ registers: [String: JSONValue]) -> Set<Dot> {
    dots(unjudgedPrefix, registers)
  }

  private static func dots(_ prefix: String, _ registers: [String: JSONValue]) -> Set<Dot> {
    Set(
      registers.keys.filter { $0.hasPrefix(prefix) }.compactMap { Dot($0.dropFirst(prefix.count)) })
  }

  /// Finds what a push had no right to write. Nothing is judged while recovery is open: what arrives then
  /// was judged by the server that was lost.
  /// - Parameter desk: judges; nil if nothing is.
  func refused(
    in changes: ArrivingChanges, by desk: PushDesk?, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> RefusedTransactions {
    var refused = RefusedTransactions()
    guard let desk else { return refused }
    try changes.forEachPiece { (piece, _) throws(ReplicaError) in
      refused.judge(withoutParked(piece.latestParts), new: desk.isNew) {
        version, unit, key in
        desk.objection(to: version, of: unit, key)
      } toOrigin: { origin in
        desk.objection(to: origin)
      }
    }
    refused.noteUnjudged(changes.last.runs, beyond: desk.known)
    return refused
  }

  /// What judges a push; nil if nothing is judged.
  func desk(
    for changes: ArrivingChanges, of judge: PushJudge?, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> PushDesk? {
    let (known, registers) = store.read { ($0.knowledge, $0.registers) }
    guard let judge, !RecoveryState(registers).isOpen else { return nil }
    var rights: [UniqueID: WriteRights] = [:]
    for user in judge.authors {  // any order: by user
      rights[user] = try self.rights(of: user, transaction)
    }
    let lost = registers[Repairer.lostRegister]?.arrayValue ?? []
    return PushDesk(
      judge: judge, known: known, runs: changes.last.runs, rights: rights,
      lost: Set(lost.compactMap(DocumentKey.init(reviewValue:))))
  }

  private func rights(
    of user: UniqueID, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> WriteRights {
    let document = try transaction.living(DocumentKey(type: "user", id: user))
    let account = try transaction.living(DocumentKey(type: "account", id: self.account))
    return WriteRights(
      catalogue, user: document.map(transaction.fields), account: account.map(transaction.fields),
      settings: try settings(transaction).map(transaction.fields))
  }

  /// An account has one document of them; of several the first counts.
  private func settings(_ transaction: LocalTransaction) throws(ReplicaError) -> Document? {
    var living: [Document] = []
    for document in try transaction.documents(ofType: "account_settings")
    where try transaction.isLiving(document.key) { living.append(document) }
    return living.min { $0.key < $1.key }
  }

  /// Puts back what was refused, keeps it aside, and says so in a document for each transaction.
  /// - Returns: the registers that remember them.
  func putBack(
    _ refused: RefusedTransactions, in transaction: inout LocalTransaction
  ) throws(ReplicaError) -> [(name: String, value: JSONValue)] {
    let isHalf = planted(Fault.refusedHalfPutBack)
    let written = refused.units
    for (key, units) in written.dropFirst(isHalf ? written.count / 2 : 0) {
      try transaction.putBack(key, units)
    }
    var registers: [(name: String, value: JSONValue)] = []
    for (dot, reason) in refused.reasons.sorted(by: { $0.key < $1.key }) {
      let documents = refused.documents[dot] ?? []
      try park(dot, documents, reason: reason)
      if !planted(Fault.refusedNotTold) {
        try tell(of: dot, documents, reason: reason, in: &transaction)
      }
      registers.append((Self.parkedPrefix + dot.description, .string(reason)))
    }
    registers += refused.unjudged.map { (Self.unjudgedPrefix + $0.description, true) }
    return registers
  }

  /// Says in a document that a transaction was not taken, without what it wrote.
  func tell(
    of dot: Dot, _ documents: [Document], reason: String,
    in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    guard let write = documents.first?.units.first?.versions.first?.write else { return }
    var fields: JSONObject = [
      "transaction": .string(dot.description),
      "documents": .array(documents.map(\.key.reviewValue)), "reason": .string(reason),
      "device_id": .string(write.author.device.description),
      "written_at": .string(Timestamp.text(milliseconds: write.stamp.milliseconds)),
    ]
    if let user = write.author.user { fields.append("author_id", .string(user.description)) }
    let ids = StableID(account: account, functions: world.clinic)
    let id = ids.id(type: "refused_change", key: dot.description)
    try transaction.set(DocumentKey(type: "refused_change", id: id), to: fields)
  }

  /// Keeps what a refused transaction wrote, in a file of its own. Durable on return.
  /// - Parameter device: whose last words they are: its name and what it says make the file's name; nil for a
  ///   transaction, of which there is one file.
  func park(
    _ dot: Dot, _ documents: [Document], reason: String, by device: UniqueID? = nil
  ) throws(ReplicaError) {
    let values = documents.map { document in
      JSONValue.object([
        "type": .string(document.key.type), "id": .string(document.key.id.description),
        "units": .object(
          JSONObject(
            document.units.map { unit in
              (unit.name, .array(unit.versions.map { .object($0.value) }))
            })),
      ])
    }
    let write = documents.first?.units.first?.versions.first?.write
    let content: JSONObject = [
      "transaction": .string(dot.description), "reason": .string(reason),
      "author": write?.author.user.map { .string($0.description) } ?? .null,
      "device": write.map { .string($0.author.device.description) } ?? .null,
      "at": write.map { .string(Timestamp.text(milliseconds: $0.stamp.milliseconds)) } ?? .null,
      "documents": .array(values),
    ]
    let bytes = JSONValue.object(content).prettyBytes()
    let name = device.map { "\($0)-\(HexText.text(Array(world.digest(bytes).prefix(8))))" }
    try stored { () throws(StorageError) in
      try store.park("\(name ?? "\(dot.replica)-\(dot.number)").json", bytes)
    }
  }
}

extension Replica {
  /// Keeps aside what this replica wrote and a server refused, before the pull that says so takes it out of
  /// the documents. Durable on return.
  func parkRefused(_ parts: [Document]) throws(ReplicaError) {
    let identity = store.identity
    let own = Set(identity.former + [identity.replica])
    for part in parts where part.key.type == "refused_change" {
      let fields = part.visibleFields(rules.type(part.key.type))
      guard let dot = fields["transaction"]?.stringValue.flatMap({ Dot($0) }),
        own.contains(dot.replica)
      else { continue }
      let keys = (fields["documents"]?.arrayValue ?? []).compactMap(DocumentKey.init(reviewValue:))
      let documents = try read { (tables) throws(ReplicaError) in
        try stored { () throws(StorageError) in
          var documents: [Document] = []
          for key in keys {
            if let written = try tables.document(key)?.part(from: [dot]) {
              documents.append(written)
            }
          }
          return documents
        }
      }
      guard !documents.isEmpty else { continue }
      try park(dot, documents, reason: fields["reason"]?.stringValue ?? "")
    }
  }
}

/// Judges one push (DESIGN, rule 21).
struct PushDesk {
  private let judge: PushJudge
  /// By this server, before the push.
  let known: VersionVector
  private let runs: [TransactionRun]
  /// Of those in whose names the device may write.
  private let rights: [UniqueID: WriteRights]
  /// Documents that a repair here has lost: whoever has them gives them back.
  private let lost: Set<DocumentKey>

  init(
    judge: PushJudge, known: VersionVector, runs: [TransactionRun],
    rights: [UniqueID: WriteRights], lost: Set<DocumentKey>
  ) {
    (self.judge, self.known, self.runs) = (judge, known, runs)
    (self.rights, self.lost) = (rights, lost)
  }

  func isNew(_ dot: Dot) -> Bool { !known.covers(dot) }

  /// Why a version that is news may not be taken; nil if it may.
  func objection(to version: Version, of unit: String, _ key: DocumentKey) -> String? {
    let write = version.write
    if write.first != write.dot { return "only the server writes a version anew" }
    if runs.record(of: write.dot)?.stamp != write.stamp {
      return "it says another time than its transaction"
    }
    return objectionToAuthor(version, unit, key)
  }

  private func objectionToAuthor(
    _ version: Version, _ unit: String, _ key: DocumentKey
  ) -> String? {
    let user = version.write.author.user ?? judge.user
    guard let rights = rights[user] else { return Self.foreignAuthor }
    return rights.objection(to: version, of: unit, key)
  }

  private static let foreignAuthor = "its author has not enrolled this device"

  /// Why a creation that is news may not be taken; nil if it may.
  func objection(to origin: Origin) -> String? {
    if rights[origin.author.user ?? judge.user] == nil { return Self.foreignAuthor }
    return runs.record(of: origin.dot)?.stamp == origin.stamp
      ? nil : "it says another time than its transaction"
  }

  /// A part with nothing but what the device may do to a document.
  func screened(_ part: Document, for mine: Document?) -> Document {
    part.screened(for: mine, isNew: isNew) { version, unit in
      let isMissed =
        mine?.lacksVersions(of: unit) == true || mine == nil && lost.contains(part.key)
      return isMissed
        ? rights[judge.user]?.mayGiveBack(part.key) == true
        : objectionToAuthor(version, unit, part.key) == nil
    }
  }
}

/// Whose push it is.
package struct PushJudge: Sendable {
  package var device: UniqueID
  /// The device's user: the author of what names nobody.
  package var user: UniqueID
  /// In whose names the device may write: of those who have enrolled it, or logged in there.
  package var authors: Set<UniqueID>

  /// - Parameter others: those for whom it was enrolled before, and who have logged in on it.
  package init(device: UniqueID, user: UniqueID, others: [UniqueID] = []) {
    self.device = device
    self.user = user
    authors = Set(others + [user])
  }
}
