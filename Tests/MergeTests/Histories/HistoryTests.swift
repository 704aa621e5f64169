import Causality
import Clinic
import Documents
import JSON
import Platform
import ReplicaTestSupport
import Testing

/// Random histories of a clinic: everybody ends with the same, and no write is lost.
///
/// `SATCHEL_HISTORIES` says how many; the default is for every test run.
@Suite struct HistoryTests {
  private static let count = Host.environment("SATCHEL_HISTORIES").flatMap { Int($0) } ?? 500
  private static let groups = 8
  private static let steps = 60

  @Test(arguments: 0..<groups)
  func `all desks agree, and every write is there or was replaced knowingly`(group: Int) throws {
    let world = try DeskWorld()
    for seed in stride(from: group, to: Self.count, by: Self.groups) {
      var history = ClinicHistory(seed: seed, steps: Self.steps, world)
      history.meet()
      try check(history, world, seed)
    }
  }

  @Test func `every rule that makes items occurs in the histories`() throws {
    let world = try DeskWorld()
    var seen: [String: Int] = [:]
    var renamings = (names: 0, ids: 0)
    for seed in 0..<Self.count {
      var history = ClinicHistory(seed: seed, steps: Self.steps, world)
      if seed % 2 == 0 || history.hasForks { history.meet() }
      renamings.names += history.renamings.names
      renamings.ids += history.renamings.ids
      let (reviewer, _, keys) = world.reviewer(
        Array(history.desks[0].documents.values), now: history.now)
      for item in keys.flatMap({ reviewer.items(of: $0) }) { seen[item.rule, default: 0] += 1 }
    }
    #expect(renamings.names > 0 && renamings.ids > 0)
    for rule in Self.expected { #expect(seen[rule, default: 0] > 0, "\(rule)") }
  }

  @Test(arguments: 0..<groups)
  func `a list that is kept up to date says what a list from nothing says`(group: Int) throws {
    let world = try DeskWorld()
    for seed in stride(from: group, to: max(16, Self.count / 20), by: Self.groups) {
      var kept: [KeptList] = []
      var step = 0
      _ = ClinicHistory(seed: seed, steps: Self.steps, world) { history in
        kept += history.desks[kept.count...].map { KeptList($0.documents, history.now, world) }
        for (place, desk) in history.desks.enumerated() {
          let written = kept[place].update(desk.documents, history.now, world)
          let fresh = KeptList(desk.documents, history.now, world)
          let difference = Set(kept[place].lines).symmetricDifference(fresh.lines)
          #expect(
            difference.isEmpty, "seed \(seed), step \(step), after writing \(written)")
          kept[place] = fresh
        }
        step += 1
      }
    }
  }

  /// The review list of a desk, which is told what was written and no more.
  private struct KeptList {
    private(set) var index: ReviewIndex
    private var documents: [DocumentKey: Document]
    private var now: UInt64

    init(_ documents: [DocumentKey: Document], _ now: UInt64, _ world: DeskWorld) {
      let (reviewer, _, keys) = world.reviewer(Array(documents.values), now: now)
      index = ReviewIndex(of: keys, reviewer)
      self.documents = documents
      self.now = now
    }

    var lines: [String] { index.sorted.map { canonical($0.value) } }

    /// - Returns: what was written.
    mutating func update(
      _ new: [DocumentKey: Document], _ now: UInt64, _ world: DeskWorld
    ) -> [DocumentKey] {
      let isNewDay = now / 86_400_000 != self.now / 86_400_000
      self.now = now
      var written: [DocumentKey: [Document?]] = [:]
      if isNewDay {
        for (key, document) in documents where key.type == "invite" { written[key] = [document] }
      }
      for (key, document) in new where documents[key]?.clock != document.clock {
        written[key] = [documents[key]]
      }
      let (reviewer, _, _) = world.reviewer(Array(new.values), now: now)
      index.update(after: written, reviewer, isNewDay: isNewDay)
      documents = new
      return written.keys.sorted()
    }
  }

  /// The rules whose items these histories can bring about.
  private static let expected = [
    "P2", "P3", "P5", "P6", "P7", "P9", "P10", "P13", "P14", "P15", "P19", "P21", "I1", "I6", "I8",
    "I9", "I13", "I15", "A1", "A3", "A4", "A6", "A7", "A8", "A9", "A13", "A15", "A16", "A17", "A18",
    "A19", "A22", "A24", "A25", "U2", "U3", "U4", "U5", "L3", "T2",
  ]

  private func check(_ history: ClinicHistory, _ world: DeskWorld, _ seed: Int) throws {
    let views = history.desks.map { view($0, history, world) }
    for view in views.dropFirst() {
      let difference = zip(view, views[0]).first { $0 != $1 }
      #expect(difference == nil && view.count == views[0].count, "seed \(seed)")
    }
    let documents = history.desks[0].documents
    checkWrites(history, documents, seed)
    checkSiblings(documents, seed)
    checkGroups(history, documents, world, seed)
  }

  /// What people see, and the review list.
  private func view(_ desk: Desk, _ history: ClinicHistory, _ world: DeskWorld) -> [String] {
    let (reviewer, clinic, keys) = world.reviewer(Array(desk.documents.values), now: history.now)
    var lines: [String] = []
    for key in keys {
      guard let subject = clinic.subject(key) else { continue }
      var object = clinic.isLiving(key) ? subject.fields : ["deleted": true]
      for member in clinic.effectiveFields(of: subject.document).members {
        object[member.key] = member.value
      }
      lines.append("\(key) \(canonical(object))")
      lines += reviewer.items(of: key).sorted(by: ReviewItem.comesBefore).map {
        canonical($0.value)
      }
    }
    return lines
  }

  /// Each version stands, or was erased, or a write to whose author it had been shown took its place.
  private func checkWrites(
    _ history: ClinicHistory, _ documents: [DocumentKey: Document], _ seed: Int
  ) {
    struct Place: Hashable {
      let key: DocumentKey
      let unit: String
      /// Names the write: dots change where timelines part.
      let stamp: Stamp
    }
    func place(_ change: Desk.Transaction.Change, _ version: Version) -> Place {
      Place(key: change.key, unit: change.unit, stamp: version.write.stamp)
    }
    var written: Set<Place> = []
    var replaced: Set<Place> = []
    for change in history.changes {
      let after = Set(change.after.map(\.key))
      for version in change.after {
        written.insert(place(change, version))
      }
      for version in change.before where !after.contains(version.key) {
        let place = place(change, version)
        let ofThisTransaction = change.after.contains { $0.write.dot == version.write.dot }
        #expect(change.shown.contains(version.key) || ofThisTransaction, "seed \(seed): \(place)")
        replaced.insert(place)
      }
    }
    for place in written where !replaced.contains(place) {
      if documents[place.key]?.isErased == true { continue }
      let stands = documents[place.key]?.versions(of: place.unit).contains {
        $0.write.stamp == place.stamp
      }
      #expect(stands == true, "seed \(seed): lost \(place)")
    }
  }

  private func checkSiblings(_ documents: [DocumentKey: Document], _ seed: Int) {
    for document in documents.values {
      #expect(!document.isErased || !document.hasContent, "seed \(seed): \(document.key)")
      for unit in document.units {
        let firsts = Set(unit.versions.map(\.write.first))
        let stamps = Set(unit.versions.map(\.write.stamp))
        #expect(
          firsts.count == unit.versions.count && stamps.count == unit.versions.count,
          "seed \(seed): \(document.key) \(unit.name)")
      }
    }
  }

  /// No slot, name or life cycle is shown that nobody wrote as a whole.
  private func checkGroups(
    _ history: ClinicHistory, _ documents: [DocumentKey: Document], _ world: DeskWorld, _ seed: Int
  ) {
    var values: [String: Set<String>] = [:]
    for change in history.changes {
      for version in change.after {
        values["\(change.key) \(change.unit)", default: []].insert(canonical(version.value))
      }
    }
    for document in documents.values {
      let rules = world.rules.type(document.key.type)
      let fields = document.visibleFields(rules)
      for rule in rules.units where rule.fields.count > 1 {
        var shown = JSONObject()
        for name in rule.fields { shown[name] = fields[name] }
        guard !document.versions(of: rule.name).isEmpty else { continue }
        let written = values["\(document.key) \(rule.name)"] ?? []
        #expect(
          written.contains(canonical(shown)), "seed \(seed): \(document.key) \(rule.name)")
      }
    }
  }
}
