import Causality
import Clinic
import Documents
import JSON
import Platform
import Replica
import Simulation
import Storage

/// What must hold where nothing is under way.
enum RestCheck {
  /// Says in what two machines differ that should hold the same; nil if in nothing.
  static func difference(of nodes: [Node]) throws -> String? {
    let server = nodes[0]
    for node in nodes {
      if let key = try incomplete(node, server.replica.recovery.isOpen ? nodes : nil) {
        return "\(node.name) wants the rest of \(key)"
      }
    }
    let history = history(server)
    let keys = server.seen.documents.keys.sorted()
    for node in nodes.dropFirst() {
      if history != Self.history(node) { return "\(node.name) has another history" }
      if keys != node.seen.documents.keys.sorted() { return "\(node.name) has other documents" }
    }
    for key in keys {
      guard let ours = server.seen.documents[key], !ours.lacksContent else { continue }
      let bytes = server.encoded(ours)
      for node in nodes.dropFirst() {
        guard let theirs = node.seen.documents[key], !theirs.lacksContent else { continue }
        if bytes != node.encoded(theirs) { return "\(node.name) has another \(key)" }
      }
    }
    return nil
  }

  private static func history(_ node: Node) -> [UInt8]? {
    node.seen.history.flatMap { $0.hash(at: $0.knowledge) }
  }

  /// The visible documents and the review lists are equal, nothing incomplete is shown or left, what was
  /// erased stands nowhere, every store is whole, and started again it shows the same.
  /// Those that take long are checked of the server and one laptop, or of one of them: the documents of all are
  /// equal by then (see `difference`).
  static func check(_ world: World) throws {
    let (server, laptops) = (world.server, Array(world.laptops))
    let chosen = laptops[Int(world.schedule.seed / 2) % laptops.count]
    let namesAll = !hasEmptiedTrash(world.nodes)
    let first = try shown(by: server, namesAll: namesAll)
    let shown = try shown(by: chosen, namesAll: namesAll)
    if shown != first {
      let (theirs, ours) = (Set(shown), Set(first))
      throw Broken(
        "shown",
        "only \(chosen.name): \(shown.filter { !ours.contains($0) }); only the server: "
          + "\(first.filter { !theirs.contains($0) })")
    }
    for node in world.nodes { try checkComplete(node) }
    try checkTold(server, chosen)
    let other = world.schedule.seed % 2 == 0 ? server : chosen
    try checkErased(other, world.owners)
    try checkRestart(other, first, world, namesAll: namesAll)
    try BoundsCheck.check(other, world)
  }

  /// Whether somebody has dropped content of the trash that others still have: who is named there has a name
  /// where the content is, and an id where it is not.
  private static func hasEmptiedTrash(_ nodes: [Node]) -> Bool {
    nodes.contains { node in
      node.seen.documents.values.contains { $0.lacksContent && !$0.isErased }
    }
  }

  /// What people see: every document that lives, what follows from others for it, and the review list.
  /// - Parameter namesAll: whether items are compared with the names in them.
  static func shown(by node: Node, namesAll: Bool) throws -> [String] {
    var lines: [String] = []
    for type in node.replica.read({ $0.typeNames }) {
      for object in try node.replica.list(ListQuery(type: type)) { lines.append(canonical(object)) }
    }
    for key in node.seen.documents.keys.sorted() {
      let effective = try node.replica.looking { (clinic) throws(ReplicaError) in
        guard let subject = clinic.subject(key), clinic.isShown(subject.document) else {
          return JSONObject()
        }
        return clinic.effectiveFields(of: subject.document)
      }
      if !effective.members.isEmpty { lines.append("\(key) \(canonical(effective))") }
    }
    let items = try node.replica.reviewItems()
    return lines + items.map { namesAll ? canonical($0.value) : "\($0.id) \($0.rule)" }
  }

  private static func canonical(_ object: JSONObject) -> String {
    let bytes = try? JSONValue.object(object).canonicalBytes()
    return String(decoding: bytes ?? [], as: UTF8.self)
  }

  /// Of everything that the server refused a document tells, at the laptops too.
  private static func checkTold(_ server: Node, _ laptop: Node) throws {
    let refused = Replica.parked(server.replica.read { $0.registers })
    if refused.isEmpty { return }
    for node in [server, laptop] {
      let told = try node.replica.list(ListQuery(type: "refused_change"))
      let named = Set(told.compactMap { $0["transaction"]?.stringValue })
      guard let silent = refused.filter({ !named.contains($0.description) }).min() else { continue }
      throw Broken("told", "\(node.name) does not say that \(silent) was refused")
    }
  }

  /// A document that lives lacks nothing.
  private static func checkComplete(_ node: Node) throws {
    guard let key = try incomplete(node, nil) else { return }
    throw Broken("incomplete", "\(node.name) lacks units of \(key), which lives")
  }

  /// The first document that lives and lacks something.
  /// - Parameter holders: what none of them has does not count: a server gives nothing up while its recovery is open.
  private static func incomplete(_ node: Node, _ holders: [Node]?) throws -> DocumentKey? {
    let lacking = node.seen.documents.values.filter { document in
      document.lacksContent && !document.isErased
        && holders?.contains {
          $0.seen.documents[document.key]?.holdsAny(of: document.dropped) ?? false
        } ?? true
    }
    if lacking.isEmpty { return nil }
    return try node.replica.looking { (clinic) throws(ReplicaError) in
      lacking.filter { !clinic.isDeleted($0) }.map(\.key).min()
    }
  }

  /// A store that is opened again is whole and shows the same.
  private static func checkRestart(
    _ node: Node, _ shownBefore: [String], _ world: World, namesAll: Bool
  ) throws {
    if world.schedule.seed % 2 == 0 { _ = try node.replica.checkpoint() }
    let registers = Self.registers(of: node)
    try node.kill()
    if Self.registers(of: node) != registers {
      throw Broken("restart", "\(node.name) remembers other named values")
    }
    let problems = node.replica.verify().problems
    if let problem = problems.first {
      throw Broken("verify", "\(node.name): \(problem.file): \(problem.what)")
    }
    let before = node.seen.documents
    guard try node.look(afterRestart: true) != nil else { return }
    for (key, document) in node.seen.documents.sorted(by: { $0.key < $1.key }) {
      if before[key].map(node.encoded) != node.encoded(document) {
        throw Broken("restart", "\(node.name) shows another \(key)")
      }
    }
    if try shown(by: node, namesAll: namesAll) != shownBefore {
      throw Broken("restart", "\(node.name) shows other things than before")
    }
  }

  /// What a machine remembers besides its documents.
  private static func registers(of node: Node) -> [String: [UInt8]] {
    node.replica.read { $0.registers }.filter { !$0.value.isNull }.mapValues(\.bytes)
  }

  /// After a checkpoint no value of an erased document stands in any file.
  private static func checkErased(_ node: Node, _ owners: [Int: DocumentKey]) throws {
    let documents = node.seen.documents
    guard documents.values.contains(where: \.isErased) else { return }
    for _ in 0..<2 { _ = try node.replica.checkpoint() }
    for path in node.files {
      for number in ValueMark.numbers(in: try node.disk.readFile(path)) {
        guard let owner = owners[number], documents[owner]?.isErased ?? false else { continue }
        throw Broken("erasure", "\(path) of \(node.name) holds a value of \(owner)")
      }
    }
  }

  /// All that a machine holds, in short.
  static func state(of node: Node) -> String {
    var hash = Trace(keepsLines: false)
    for key in node.seen.documents.keys.sorted() {
      guard let document = node.seen.documents[key] else { continue }
      hash.add(String(decoding: node.encoded(document), as: UTF8.self))
    }
    return "\(hash.hash)"
  }
}
