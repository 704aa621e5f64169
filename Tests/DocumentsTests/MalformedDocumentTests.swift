import Causality
import Documents
import JSON
import TestSupport
import Testing

/// A part of the form that every decoder must refuse to be without.
private struct Damage: Sendable, CustomTestStringConvertible {
  let name: String
  /// Under `_sync`; empty for the document itself.
  let path: [String]
  let value: JSONValue?

  init(_ path: String, _ value: JSONValue?) {
    name = "\(path) = \(value?.line ?? "missing")"
    self.path = path.split(separator: ".").map(String.init)
    self.value = value
  }

  var testDescription: String { name }
}

struct MalformedDocumentTests {
  /// A document in which everything that the form knows occurs.
  private static let full: JSONObject = {
    var scenario = Scenario([
      "status": "planned", "start": "a", "given": "A", "tags": ["t"], "contacts": ["home": 1],
    ])
    scenario.edit(\.anna, ["start": "b", "given": "B"])
    scenario.edit(\.ben, ["status": "confirmed", "start": "c", "given": "C"])
    scenario.exchange()
    scenario.delete(
      \.ben, cause: DeleteCause(document: Scenario.key, dot: Dot(.sample(1), 1)))
    var encoder = DocumentEncoder(embedsTable: true)
    let document = scenario.document(\.ben)
    return document.flatMap { try? encoder.object($0, SampleRules.visit) } ?? JSONObject()
  }()

  @Test func `the sample is whole`() throws {
    let document = try DocumentDecoder().decode(Self.full)
    #expect(JSONValue.object(Self.full).bytes == document.bytes())
    #expect(document.bytes().count > 1_000)
  }

  @Test(arguments: [
    Damage("id", nil), Damage("id", "x"), Damage("id", 1), Damage("type", nil), Damage("type", ""),
    Damage("type", 1), Damage("_sync", nil), Damage("_sync", []), Damage("_sync.ids", 1),
    Damage("_sync.ids", [1]), Damage("_sync.ids", ["x"]), Damage("_sync.ids", []),
    Damage("_sync.ids", .null), Damage("_sync.clock", nil), Damage("_sync.clock", 1),
    Damage("_sync.clock", [1]), Damage("_sync.clock", [[0]]), Damage("_sync.clock", [[0, 0]]),
    Damage("_sync.clock", [[0, -1]]), Damage("_sync.clock", [[-1, 1]]),
    Damage("_sync.clock", [[99, 1]]), Damage("_sync.clock", [[0, 1, 2]]),
    Damage("_sync.clock", [["0", 1]]), Damage("_sync.clock", [[0, "1"]]),
    Damage("_sync.origin", nil), Damage("_sync.origin", []), Damage("_sync.origin.dot", nil),
    Damage("_sync.origin.at", nil), Damage("_sync.origin.at", "yesterday"),
    Damage("_sync.origin.at", 5), Damage("_sync.origin.by", nil), Damage("_sync.origin.by", []),
    Damage("_sync.origin.by", [0, 0, 0]), Damage("_sync.origin.by", ["0"]),
    Damage("_sync.origin.by", [99]), Damage("_sync.origin.by", [0, 99]),
    Damage("_sync.writes", nil), Damage("_sync.writes", [:]), Damage("_sync.writes", [1]),
    Damage("_sync.writes.0.dot", nil), Damage("_sync.writes.0.dot", [0, 0]),
    Damage("_sync.writes.0.first", 1), Damage("_sync.writes.0.at", nil),
    Damage("_sync.writes.0.by", nil), Damage("_sync.writes.0.units", nil),
    Damage("_sync.writes.0.units", "name"), Damage("_sync.writes.0.units", [1]),
    Damage("_sync.writes.0.units", [[]]), Damage("_sync.writes.0.units", [[1]]),
    Damage("_sync.writes.0.units", ["missing"]),
    Damage("_sync.writes.0.units", [["a", "missing"]]),
    Damage("_sync.versions", 1), Damage("_sync.versions", [1]),
    Damage("_sync.versions.0.unit", nil), Damage("_sync.versions.0.unit", 1),
    Damage("_sync.versions.0.value", nil), Damage("_sync.versions.0.value", []),
    Damage("_sync.versions.0.dot", nil), Damage("_sync.versions.0.at", "2026"),
    Damage("_sync.versions.0.by", nil), Damage("_sync.versions.0.seen", 1),
    Damage("_sync.versions.0.seen", [1]), Damage("_sync.versions.0.reason", "boredom"),
    Damage("_sync.versions.0.context", nil), Damage("_sync.versions.0.context", 1),
    Damage("_sync.versions.0.knowledge", nil), Damage("_sync.versions.0.cause", 1),
    Damage("_sync.versions.0.cause.type", nil), Damage("_sync.versions.0.cause.id", "x"),
    Damage("_sync.versions.0.cause.dot", nil), Damage("_sync.versions.0.cause.dot", [0, 0]),
  ])
  private func `what is malformed is refused with a reason`(damage: Damage) {
    let damaged = Self.set(.object(Self.full), damage.path[...], damage.value)
    let error = #expect(throws: DocumentCodecError.self) {
      _ = try DocumentDecoder().decode(damaged.objectValue ?? JSONObject())
    }
    #expect(error.map { !$0.description.isEmpty } ?? false)
  }

  @Test func `a version that stands twice in a unit is refused`() throws {
    let sync = try #require(Self.full["_sync"]?.objectValue)
    let versions = try #require(sync["versions"]?.arrayValue)
    let doubled = Self.set(
      .object(Self.full), ["_sync", "versions"], .array(versions + [versions[0]]))
    #expect(throws: DocumentCodecError.self) {
      _ = try DocumentDecoder().decode(doubled.objectValue ?? JSONObject())
    }
  }

  @Test(arguments: 0..<40)
  func `bytes changed at random never stop the program`(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let bytes = JSONValue.object(Self.full).bytes
    for _ in 0..<100 {
      var changed = bytes
      for _ in 0...generator.below(3) {
        let place = generator.below(changed.count)
        switch generator.below(3) {
        case 0: changed[place] = UInt8.random(in: .min ... .max, using: &generator)
        case 1: changed[place] = generator.pick(Array(#"0123456789[]{}",:-"#.utf8))
        default: changed.removeSubrange(place..<min(changed.count, place + generator.below(9)))
        }
      }
      Self.readAndUse(changed)
    }
  }

  @Test(arguments: 0..<40)
  func `values changed at random never stop the program`(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      var value = JSONValue.object(Self.full)
      for _ in 0...generator.below(2) { value = Self.mutated(value, &generator) }
      Self.readAndUse(value.bytes)
    }
  }

  /// What is accepted can be encoded, read again, joined, edited and shown.
  private static func readAndUse(_ bytes: [UInt8]) {
    guard let object = (try? JSONValue(parsing: bytes))?.objectValue,
      let document = try? DocumentDecoder().decode(object),
      let original = try? DocumentDecoder().decode(full)
    else { return }
    let again = (try? JSONValue(parsing: document.bytes()))?.objectValue
    let back = again.flatMap { try? DocumentDecoder().decode($0) }
    #expect(back?.text() == document.text())
    _ = document.joined(with: original).part(since: original.clock)
    _ = original.joined(with: document).isDeleted { _ in true }
    _ = ChangeSet(since: VersionVector(), upTo: document.clock, parts: [document], runs: [])
      .defect()
    _ = document.unitValues(for: document.visibleFields(SampleRules.visit), SampleRules.visit)
    _ = document.newestWrite(SampleRules.visit)
    _ = document.received
  }

  /// A value in which one place, anywhere inside, is another or gone.
  private static func mutated(_ value: JSONValue, _ generator: inout SeededGenerator) -> JSONValue {
    let isHere = generator.once(in: 6)
    switch value {
    case .object(var object) where !object.isEmpty && !isHere:
      let index = generator.below(object.count)
      if generator.once(in: 8) {
        object.members.remove(at: index)
      } else {
        object.members[index].value = mutated(object.members[index].value, &generator)
      }
      return .object(object)
    case .array(var array) where !array.isEmpty && !isHere:
      let index = generator.below(array.count)
      switch generator.below(8) {
      case 0: array.remove(at: index)
      case 1: array.append(array[index])
      default: array[index] = mutated(array[index], &generator)
      }
      return .array(array)
    default:
      return generator.pick([
        .null, true, 0, 1, -1, .int(.max), .int(.min), "", "x", "name", "tags/t", "_life", "_sync",
        [], [:], [0, 1], [[0, 1]], ["id"], ["a": 1], value,
      ])
    }
  }

  /// A value with another value, or none, at a path.
  private static func set(
    _ value: JSONValue, _ path: ArraySlice<String>, _ new: JSONValue?
  ) -> JSONValue {
    guard let step = path.first else { return new ?? .null }
    let isLast = path.count == 1
    switch value {
    case .object(var object):
      let inner = object[step] ?? .null
      object[step] = isLast ? new : set(inner, path.dropFirst(), new)
      return .object(object)
    case .array(var array):
      guard let index = Int(step), array.indices.contains(index) else { return value }
      array[index] = set(array[index], path.dropFirst(), new)
      return .array(array)
    default:
      return value
    }
  }
}
