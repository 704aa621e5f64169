import Causality
import Clinic
import Documents
import JSON
import Testing

@testable import Replica

@Suite struct RowTableTests {
  private func id(_ number: UInt64) -> UniqueID { UniqueID(high: 1, low: number) }

  private func row(_ text: String, at time: UInt64 = 1) -> RowTable.Row {
    RowTable.Row(stamp: Stamp(rawValue: time), text: Array(text.utf8))
  }

  private func found(_ table: RowTable, _ words: String...) -> [UniqueID] {
    table.search(words.map { Array($0.utf8) }).map(\.cursor.id).sorted()
  }

  @Test func `a row is found by all its words, and by no word of another`() {
    var table = RowTable()
    table.set(id(1), to: row("ana lima"))
    table.set(id(2), to: row("anabel ek"))
    #expect(found(table, "ana") == [id(1), id(2)])
    #expect(found(table, "lima", "ana") == [id(1)])
    #expect(found(table, "ek", "lima").isEmpty)
    #expect(found(table, "limaanabel").isEmpty && found(table, "a\0a").isEmpty)
    #expect(found(table) == [id(1), id(2)])
  }

  @Test func `what changed is found by its new words only`() {
    var table = RowTable()
    for number in 1...3 { table.set(id(UInt64(number)), to: row("ana \(number)")) }
    table.set(id(1), to: row("bo"))
    table.set(id(2), to: nil)
    #expect(found(table, "ana") == [id(3)] && found(table, "bo") == [id(1)])
    #expect(table.count == 2)
    table.set(id(2), to: row("ana"))
    #expect(found(table, "ana") == [id(2), id(3)] && table.count == 3)
  }

  @Test func `many changes leave what a new table has`() {
    var (table, fresh) = (RowTable(), RowTable())
    for round in 0..<40 {
      for number in 0..<100 where (number + round) % 3 != 0 {
        table.set(id(UInt64(number)), to: row("text \(number * round)", at: UInt64(number)))
      }
    }
    for number in 0..<100 {
      let round = (0..<40).last { (number + $0) % 3 != 0 } ?? 0
      fresh.set(id(UInt64(number)), to: row("text \(number * round)", at: UInt64(number)))
    }
    #expect(table.count == fresh.count)
    for number in 0..<4000 {
      #expect(found(table, "text \(number)") == found(fresh, "text \(number)"))
    }
    let pages = [table, fresh].map { table in
      RowPage(table.all(), ListPart(after: nil, limit: 7)).cursors.map(\.id)
    }
    #expect(pages[0] == pages[1] && pages[0].count == 7)
  }

  @Test func `pages follow each other without a gap, and the last one has no next`() {
    var table = RowTable()
    for number in 0..<25 { table.set(id(UInt64(number)), to: row("x", at: UInt64(50 - number))) }
    var (seen, cursor) = ([UniqueID](), ListCursor?.none)
    repeat {
      let page = RowPage(table.all(), ListPart(after: cursor, limit: 10))
      #expect(page.total == 25)
      seen += page.cursors.map(\.id)
      cursor = page.next
    } while cursor != nil
    #expect(seen == (0..<25).map { id(UInt64(24 - $0)) })
  }
}
