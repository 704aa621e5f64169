import Clinic
import Testing

private func table(_ text: String) throws(CSVHeaderError) -> CSVTable {
  try CSVTable(Array(text.utf8))
}

@Suite struct CSVTableTests {
  @Test func `columns are found by name in any order`() throws {
    let table = try table("\u{FEFF}\n Last_Name ,EMAIL\nMüller,a@example.org\n\nZhao,\n")
    #expect(table.columns == ["last_name", "email"])
    #expect(table.has(column: "email"))
    #expect(!table.has(column: "EMAIL"))
    let records = table.map { result -> CSVRecord? in
      guard case .record(let record) = result else { return nil }
      return record
    }
    #expect(records.map { $0?.line } == [3, 5])
    #expect(records[0]?["email"] == "a@example.org")
    #expect(records[0]?["last_name"] == "Müller")
    #expect(records[0]?["phone"] == nil)
    #expect(records[1]?.values == ["last_name": "Zhao", "email": ""])
  }

  @Test func `bad rows stand between the good ones`() throws {
    let table = try table("a,b\n1\n2,3\n")
    let lines = table.map { result in
      switch result {
      case .record(let record): "\(record.line): \(record.values.sorted { $0.key < $1.key })"
      case .problem(let line, let what): "\(line)! \(what)"
      }
    }
    #expect(
      lines == ["2! 1 field instead of 2", #"3: [(key: "a", value: "2"), (key: "b", value: "3")]"#])
  }

  @Test func `a table can be iterated twice`() throws {
    let table = try table("a\n1\n2\n")
    #expect(Array(table) == Array(table))
    #expect(Array(table).count == 2)
  }

  @Test(arguments: [
    ("", "line 1: the file is empty: its first line must name the columns"),
    ("\u{FEFF}\r\n\r\n", "line 1: the file is empty: its first line must name the columns"),
    ("a,b,a\n", #"line 1: header: columns 1 and 3 are both called "a""#),
    ("\n\nEmail,phone, email \n", #"line 3: header: columns 1 and 3 are both called "email""#),
    ("a, ,c\n", "line 1: header: column 2 has no name"),
    ("a,b,\n", "line 1: header: column 3 has no name"),
    ("\"\"\n", "line 1: header: column 1 has no name"),
    ("a,\"b\n", "line 1: header: field 2 begins with a quote that is never closed"),
    ("a,\0\n", "line 1: header: field 2 contains a NUL byte"),
  ]) func `a bad header is fatal and says where`(_ text: String, _ message: String) {
    let error = #expect(throws: CSVHeaderError.self) { try table(text) }
    #expect(error?.description == message)
  }

  @Test func `a header in UTF-16 is fatal`() {
    let error = #expect(throws: CSVHeaderError.self) {
      try CSVTable([0xff, 0xfe, 0x61, 0x62, 0x0a])
    }
    #expect(error?.what == "header: field 1 is not valid UTF-8")
  }
}
