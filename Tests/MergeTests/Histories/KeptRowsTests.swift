import Causality
import Clinic
import Documents
import JSON
import Testing

@testable import Replica

/// The rows of lists, which are told what was written and no more.
@Suite struct KeptRowsTests {
  private static let types = ["patient", "invite", "appointment", "doctor", "intake_form"]
  private static let shapes = types.compactMap { name in
    Catalogue.standard.type(named: name).map { (name, RowShape($0)) }
  }

  @Test(arguments: 0..<4)
  func `rows that are kept up to date say what rows from nothing say`(group: Int) throws {
    let world = try DeskWorld()
    var compared = 0
    for seed in stride(from: group, to: 16, by: 4) {
      var kept: [Rows] = []
      _ = ClinicHistory(seed: seed, steps: 60, world) { history in
        kept += history.desks[kept.count...].map { Rows($0.documents, history.now, world) }
        for (place, desk) in history.desks.enumerated() {
          let written = kept[place].update(desk.documents, history.now, world)
          let fresh = Rows(desk.documents, history.now, world)
          #expect(kept[place].rows == fresh.rows, "seed \(seed), after writing \(written)")
          compared += fresh.rows.count
          kept[place] = fresh
        }
      }
    }
    #expect(compared > 1000)
  }

  private struct Rows {
    private(set) var rows: [DocumentKey: RowTable.Row] = [:]
    private var documents: [DocumentKey: Document]

    init(_ documents: [DocumentKey: Document], _ now: UInt64, _ world: DeskWorld) {
      self.documents = documents
      let (_, clinic, keys) = world.reviewer(Array(documents.values), now: now)
      for key in keys { set(key, clinic) }
    }

    private mutating func set(_ key: DocumentKey, _ clinic: MergedClinic) {
      guard let shape = KeptRowsTests.shapes.first(where: { $0.0 == key.type })?.1 else { return }
      rows[key] = shape.row(key, clinic)
    }

    /// - Returns: what was written.
    mutating func update(
      _ new: [DocumentKey: Document], _ now: UInt64, _ world: DeskWorld
    ) -> [DocumentKey] {
      let (reviewer, clinic, keys) = world.reviewer(Array(new.values), now: now)
      let written = new.filter { documents[$0.key]?.clock != $0.value.clock }.keys.sorted()
      var near = Set(
        written.flatMap { key in reviewer.neighbours(of: key, before: documents[key]) })
      // As a table of invites does when one of them has ended by itself.
      let isOutdated = rows.values.contains { $0.end > 0 && $0.end < now }
      if isOutdated { near.formUnion(keys.filter { $0.type == "invite" }) }
      for key in near.sorted() { set(key, clinic) }
      documents = new
      return written
    }
  }
}
