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

  /// The units that they wrote, by document.
  var units: [(key: DocumentKey, units: [String])] {
    var units: [DocumentKey: Set<String>] = [:]
    for document in documents.values.joined() {  // any order: sorted below
      units[document.key, default: []].formUnion(document.units.map(\.name))
    }
    return units.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
  }

  /// Looks at all that is new in some parts. One version that is not allowed refuses its transaction.
  mutating func judge(
    _ parts: [Document], new isNew: (Dot) -> Bool,
    objection: (Version, String, DocumentKey) throws(ReplicaError) -> String?
  ) throws(ReplicaError) {
    for part in parts {
      for unit in part.units {
        for version in unit.versions where isNew(version.write.dot) {
          judged.insert(version.write.dot)
          guard reasons[version.write.dot] == nil else { continue }
          reasons[version.write.dot] = try objection(version, unit.name, part.key)
        }
      }
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
  func refused(
    in changes: ArrivingChanges, by judge: PushJudge?, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> RefusedTransactions {
    let (known, registers) = store.read { ($0.knowledge, $0.registers) }
    var refused = RefusedTransactions()
    guard let judge, !RecoveryState(registers).isOpen else { return refused }
    var rights: [UniqueID: WriteRights] = [:]
    try changes.forEachPiece { (piece, _) throws(ReplicaError) in
      try refused.judge(withoutParked(piece.latestParts)) {
        !known.covers($0)
      } objection: { (version, unit, key) throws(ReplicaError) in
        let user = version.write.author.user ?? judge.user
        if !judge.authors.contains(user) { return "its author has not enrolled this device" }
        if rights[user] == nil { rights[user] = try self.rights(of: user, transaction) }
        return rights[user]?.objection(to: version, of: unit, key)
      }
    }
    refused.noteUnjudged(changes.last.runs, beyond: known)
    return refused
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
  func park(_ dot: Dot, _ documents: [Document], reason: String) throws(ReplicaError) {
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
    try stored { () throws(StorageError) in
      try store.park(
        "\(dot.replica)-\(dot.number).json", JSONValue.object(content).prettyBytes())
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

/// Whose push it is.
package struct PushJudge: Sendable {
  package var device: UniqueID
  /// The device's user: the author of what names nobody.
  package var user: UniqueID
  /// In whose names the device may write: of those who have enrolled it.
  package var authors: Set<UniqueID>

  /// - Parameter formerUsers: those for whom it was enrolled before.
  package init(device: UniqueID, user: UniqueID, formerUsers: [UniqueID] = []) {
    self.device = device
    self.user = user
    authors = Set(formerUsers + [user])
  }
}
