package import Causality
package import Documents
import JSON

/// Several replicas that edit, delete, restore, resolve and exchange two documents at random.
package struct RandomHistory: Sendable {
  package static let keys = [
    DocumentKey(type: "visit", id: .sample(1)), DocumentKey(type: "visit", id: .sample(2)),
  ]

  /// A replica as it was at some moment.
  package private(set) var snapshots: [SampleReplica] = []
  private var replicas: [SampleReplica]
  private var generator: SeededGenerator
  private var now: UInt64 = 1_700_000_000_000

  package init(seed: Int, steps: Int = 40) {
    generator = SeededGenerator(seed: seed)
    replicas = (1...(3 + generator.below(2))).map(SampleReplica.init)
    for _ in 0..<steps { step() }
    snapshots += replicas
  }

  /// The states in which some replica ever had a document.
  package func states(of key: DocumentKey) -> [(document: Document, knowledge: VersionVector)] {
    snapshots.compactMap { snapshot in
      snapshot.document(key).map { ($0, snapshot.knowledge) }
    }
  }

  private mutating func step() {
    now += UInt64(generator.below(3))
    let index = generator.below(replicas.count)
    let key = generator.pick(Self.keys)
    switch generator.below(12) {
    case 0...5: edit(index, key)
    case 6: delete(index, key)
    case 7: undelete(index, key)
    case 8: resolve(index, key)
    default: replicas[index].pull(from: generator.pick(replicas))
    }
    if generator.once(in: 3) { snapshots.append(replicas[index]) }
  }

  private mutating func edit(_ index: Int, _ key: DocumentKey) {
    var fields =
      replicas[index].document(key)?.visibleFields(SampleRules.visit) ?? JSONObject()
    for _ in 0...generator.below(3) { change(&fields) }
    let isReceived = index == 0 && generator.once(in: 4)
    let number = 1 + generator.below(100)
    replicas[index].edit(key, at: now, fields)
    guard isReceived, replicas[index].document(key)?.received == nil else { return }
    replicas[index].write(key, at: now) { document, write, _ in
      document.receive(number: number, by: write)
    }
  }

  private mutating func change(_ fields: inout JSONObject) {
    let text = JSONValue.string(generator.pick(["a", "b", "c", "é", "e\u{301}", "", "a/b", "\""]))
    switch generator.below(10) {
    case 0: fields["given"] = text
    case 1: fields["family"] = generator.once(in: 3) ? nil : text
    case 2: fields["status"] = .string(generator.pick(["cancelled", "confirmed", "planned", "x"]))
    case 3: fields["start"] = .string("2026-01-0\(1 + generator.below(9))")
    case 4: fields["room"] = .int(generator.below(3))
    case 5: fields["urgent"] = .bool(generator.once(in: 2))
    case 6: fields["tags"] = .array(strings())
    case 7: fields["contacts"] = contacts()
    case 8: fields["x_note"] = generator.once(in: 3) ? nil : text
    default: fields["x/y"] = [text, ["deep": 1]]
    }
  }

  private mutating func strings() -> [JSONValue] {
    ["a", "a/b", "é", "e\u{301}", ""].filter { _ in generator.once(in: 2) }.map(JSONValue.string)
  }

  private mutating func contacts() -> JSONValue {
    var object = JSONObject()
    for key in ["home", "work", "a/b", "é", "e\u{301}"] where generator.once(in: 2) {
      object[key] = ["phone": .int(generator.below(3))]
    }
    return .object(object)
  }

  private mutating func delete(_ index: Int, _ key: DocumentKey) {
    guard replicas[index].document(key) != nil else { return }
    let reason = generator.pick([DeleteReason.mistake, .duplicate, .retention])
    let other = Self.keys[1]
    let cause =
      key != other && generator.once(in: 2)
      ? DeleteCause(document: other, dot: Dot(.sample(1), 1)) : nil
    replicas[index].write(key, at: now) { document, write, knowledge in
      document.delete(reason: reason, cause: cause, knowledge: knowledge, by: write)
    }
  }

  private mutating func undelete(_ index: Int, _ key: DocumentKey) {
    guard let document = replicas[index].document(key),
      !document.versions(of: Unit.life).isEmpty
    else { return }
    replicas[index].write(key, at: now) { document, write, _ in document.undelete(by: write) }
  }

  private mutating func resolve(_ index: Int, _ key: DocumentKey) {
    let conflicts = replicas[index].document(key)?.contentUnits.filter { $0.versions.count > 1 }
    guard let conflicts, !conflicts.isEmpty else { return }
    let unit = generator.pick(conflicts)
    let chosen = generator.pick(unit.versions)
    let shown = unit.versions.map(\.key).filter { _ in !generator.once(in: 3) }
    replicas[index].write(key, at: now) { document, write, _ in
      let value = UnitValue(unit: unit.name, value: chosen.value)
      document.resolve(value, replacing: shown, by: write, SampleRules.visit)
    }
  }
}
