import Platform
import Testing

/// `Conformance/seeds.md` says of everything that the seed documents name what it is here, and which test shows it.
@Suite struct SeedTableTests {
  private static let rows = SeedTable.rows

  @Test func `every row says of which document it is, what it is, and where it is tested`() {
    for row in Self.rows {
      #expect(row.cells.count == 4, "line \(row.line)")
      #expect(row.cells.allSatisfy { !$0.isEmpty }, "line \(row.line)")
    }
    let named = Self.rows.map { $0.cells.prefix(2).joined(separator: ": ") }
    for (index, name) in named.enumerated() {
      #expect(!named[..<index].contains(name), "\(name) is there twice")
    }
  }

  /// Rows are added where a seed document says more; one that goes must be taken off here too.
  @Test(arguments: [("S0", 42), ("S1", 21), ("S2", 18), ("CF", 92), ("G", 92)])
  func `no row of a seed document is lost`(seed: String, count: Int) {
    #expect(Self.rows.count { $0.cells.first == seed } == count)
    #expect(Self.rows.allSatisfy { ["S0", "S1", "S2", "CF", "G"].contains($0.cells[0]) })
  }

  @Test func `each test that is named is in the sources`() {
    let tests = SourceTest.all
    for row in Self.rows where !row.isNotBuilt {
      for name in row.tests where !tests.contains(name) {
        Issue.record("line \(row.line): no test \(name)")
      }
    }
  }

  @Test func `what is not built says why`() {
    for row in Self.rows where row.isNotBuilt {
      let reason = row.cells[3].dropFirst(SeedTable.notBuilt.count)
      #expect(reason.split(separator: " ").count >= 4, "line \(row.line)")
    }
  }

  @Test(arguments: SeedTable.entities.keys.sorted())
  func `every field of an entity has a row`(entity: String) {
    let seed = entity.first?.isUppercase == true ? "G" : "CF"
    let seeds = entity == "patients" ? ["S0", "CF"] : [seed]
    let words = Set(
      Self.rows.filter { seeds.contains($0.cells[0]) }
        .filter { $0.cells[1].split(separator: " ").contains { $0.hasPrefix("\(entity).") } }
        .flatMap(\.words))
    for field in SeedTable.entities[entity] ?? [] {
      let isNamed = words.contains(field)
      #expect(isNamed, "\(entity).\(field)")
    }
  }

  @Test(arguments: SeedTable.endpoints)
  func `every endpoint has a row`(endpoint: String) {
    #expect(Self.rows.contains { $0.cells[1].contains(endpoint) })
  }
}
