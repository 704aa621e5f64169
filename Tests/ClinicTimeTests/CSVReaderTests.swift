import Clinic
import Testing

/// The rows and problems of a text, written shortly: fields joined by `|`, problems after `!`.
private func read(_ text: String, requiredFieldCount: Int? = nil) -> [String] {
  read(Array(text.utf8), requiredFieldCount: requiredFieldCount)
}

private func read(_ bytes: [UInt8], requiredFieldCount: Int? = nil) -> [String] {
  CSVReader(bytes, requiredFieldCount: requiredFieldCount).map { result in
    switch result {
    case .row(let row): "\(row.lineNumber): \(row.fields.joined(separator: "|"))"
    case .problem(let line, let what): "\(line)! \(what)"
    }
  }
}

struct GoodCSV: CustomTestStringConvertible {
  let name: String
  let text: String
  let rows: [String]

  var testDescription: String { name }

  init(_ name: String, _ text: String, _ rows: [String]) {
    self.name = name
    self.text = text
    self.rows = rows
  }

  static let all = [
    GoodCSV("an empty file has no rows", "", []),
    GoodCSV("only a byte order mark", "\u{FEFF}", []),
    GoodCSV("only line ends", "\r\n\n\r\r\n", []),
    GoodCSV("LF", "a,b\nc,d\n", ["1: a|b", "2: c|d"]),
    GoodCSV("CR LF", "a,b\r\nc,d\r\n", ["1: a|b", "2: c|d"]),
    GoodCSV("lone CR", "a,b\rc,d\r", ["1: a|b", "2: c|d"]),
    GoodCSV("mixed line ends", "a\r\nb\nc\rd", ["1: a", "2: b", "3: c", "4: d"]),
    GoodCSV("no last line end", "a,b\nc,d", ["1: a|b", "2: c|d"]),
    GoodCSV("a byte order mark is no text", "\u{FEFF}a,b\n", ["1: a|b"]),
    GoodCSV("a byte order mark before a quote", "\u{FEFF}\"a\",b\n", ["1: a|b"]),
    GoodCSV("empty lines are skipped and counted", "\n\na\r\n\r\nb\n\n", ["3: a", "5: b"]),
    GoodCSV("empty fields", ",,\n,\n", ["1: ||", "2: |"]),
    GoodCSV("a last empty field at the end of the file", "a,", ["1: a|"]),
    GoodCSV("a quoted empty field is a row", "\"\"\n", ["1: "]),
    GoodCSV("quotes", "\"a\",\"b,c\"\n", ["1: a|b,c"]),
    GoodCSV("doubled quotes", "\"a \"\"b\"\" c\",\"\"\"\"\n", ["1: a \"b\" c|\""]),
    GoodCSV("two doubled quotes in a row", "\"\"\"\"\"\"\n", ["1: \"\""]),
    GoodCSV(
      "line breaks in quotes", "\"a\nb\r\nc\rd\",e\nf,g\n", ["1: a\nb\r\nc\rd|e", "5: f|g"]),
    GoodCSV("a quote inside a plain field is text", "5\" x,a\"b\"\n", ["1: 5\" x|a\"b\""]),
    GoodCSV("a quote after a space is text", "a, \"b\"\n", ["1: a| \"b\""]),
    GoodCSV("spaces belong to fields", " a , b \n", ["1:  a | b "]),
    GoodCSV("letters of all scripts", "Zoë,李,😀\n", ["1: Zoë|李|😀"]),
  ]
}

struct BadCSV: CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let results: [String]

  var testDescription: String { name }

  init(_ name: String, _ text: String, _ results: [String]) {
    self.init(name, Array(text.utf8), results)
  }

  init(_ name: String, _ bytes: [UInt8], _ results: [String]) {
    self.name = name
    self.bytes = bytes
    self.results = results
  }

  /// Read with two required fields.
  static let all = [
    BadCSV(
      "an unclosed quote costs its line only", "a,\"b\nc,d\ne,f\n",
      ["1! field 2 begins with a quote that is never closed", "2: c|d", "3: e|f"]),
    BadCSV(
      "an unclosed quote at the end of the file", "a,b\nc,\"",
      ["1: a|b", "2! field 2 begins with a quote that is never closed"]),
    BadCSV(
      "an unclosed quote that a later quote seems to close", "a,\"b\nc,\"d\"\ne,f\n",
      ["1! field 2 has text after its closing quote on line 2", "2: c|d", "3: e|f"]),
    BadCSV(
      "text after a closing quote", "a,\"b\" c\r\nd,e\r\n",
      ["1! field 2 has text after its closing quote on line 1", "2: d|e"]),
    BadCSV(
      "text after a quote that closes on a later line", "\"a\nb\"c,d\ne,f\n",
      ["1! field 1 has text after its closing quote on line 2", "2: b\"c|d", "3: e|f"]),
    BadCSV(
      "a malformed field after one with line breaks", "\"a\nb\",\"c\"d\ne,f\n",
      ["1! field 2 has text after its closing quote on line 2", "3: e|f"]),
    BadCSV("a NUL byte", "a,b\0c\nd,e\n", ["1! field 2 contains a NUL byte", "2: d|e"]),
    BadCSV(
      "a NUL byte in quotes", "\"\0\",b\nd,e\n", ["1! field 1 contains a NUL byte", "2: d|e"]),
    BadCSV("too few fields", "a\nb,c\n", ["1! 1 field instead of 2", "2: b|c"]),
    BadCSV("too many fields", "a,b,c\nd,e\n", ["1! 3 fields instead of 2", "2: d|e"]),
    BadCSV(
      "too few fields over several lines", "\"a\n\nb\"\nd,e\n",
      ["1! 1 field instead of 2 (the row goes from line 1 to 3)", "4: d|e"]),
    BadCSV(
      "Latin-1", [0x61, 0x2c, 0xe9, 0x0a, 0x62, 0x2c, 0x63],
      ["1! field 2 is not valid UTF-8", "2: b|c"]),
    BadCSV(
      "an overlong form", [0x22, 0xc0, 0x80, 0x22, 0x22, 0x22, 0x2c, 0x61],
      ["1! field 1 is not valid UTF-8"]),
    BadCSV("a surrogate", [0x61, 0x2c, 0xed, 0xa0, 0x80], ["1! field 2 is not valid UTF-8"]),
    BadCSV("a cut sequence", [0x61, 0x2c, 0xe2, 0x82], ["1! field 2 is not valid UTF-8"]),
    BadCSV(
      "every line is bad", "\"a\n\"b\n\"c\n",
      [
        "1! field 1 has text after its closing quote on line 2",
        "2! field 1 has text after its closing quote on line 3",
        "3! field 1 begins with a quote that is never closed",
      ]),
  ]
}

@Suite struct CSVReaderTests {
  @Test(arguments: GoodCSV.all) func `good files are read`(_ file: GoodCSV) {
    #expect(read(file.text) == file.rows)
  }

  @Test(arguments: BadCSV.all) func `bad rows are reported and cost nothing else`(_ file: BadCSV) {
    #expect(read(file.bytes, requiredFieldCount: 2) == file.results)
  }

  @Test func `a field may have 16 MiB and no more`() {
    let longest = String(repeating: "x", count: CSVReader.maximumFieldByteCount)
    let results = Array(CSVReader(Array("\(longest)\n\(longest)x\n\"\(longest)\"\na".utf8)))
    #expect(results.count == 4)
    #expect(results[0] == .row(CSVRow(lineNumber: 1, fields: [longest])))
    #expect(results[1] == .problem(line: 2, what: "field 1 is longer than 16777216 bytes"))
    #expect(results[2] == .row(CSVRow(lineNumber: 3, fields: [longest])))
    #expect(results[3] == .row(CSVRow(lineNumber: 4, fields: ["a"])))
  }

  @Test func `reading goes on at the next line after a quoted field that is too long`() {
    let tooLong = String(repeating: "x", count: CSVReader.maximumFieldByteCount + 1)
    #expect(
      read("\"a\n\(tooLong)\",b\nc,d", requiredFieldCount: 2) == [
        "1! field 1 is longer than 16777216 bytes",
        "2! field 1 is longer than 16777216 bytes",
        "3: c|d",
      ])
  }

  @Test func `a row may have 4096 fields and no more`() {
    let commas = String(repeating: ",", count: CSVReader.maximumFieldCount - 1)
    let results = Array(CSVReader(Array("\(commas)\n\(commas),\n".utf8)))
    guard case .row(let row) = results[0] else {
      Issue.record("4096 fields were refused")
      return
    }
    #expect(row.fields.count == 4096)
    #expect(results[1] == .problem(line: 2, what: "more than 4096 fields"))
  }

  @Test func `any bytes are read to the end without a trap`() {
    var state: UInt64 = 1
    let alphabet: [UInt8] = [0x22, 0x22, 0x2c, 0x0a, 0x0d, 0x61, 0x00, 0xc3, 0xa9, 0xff]
    for _ in 0..<2000 {
      var bytes: [UInt8] = []
      for _ in 0..<40 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      let lines = CSVReader(bytes, requiredFieldCount: 2).map { result in
        switch result {
        case .row(let row): row.lineNumber
        case .problem(let line, _): line
        }
      }
      #expect(zip(lines, lines.dropFirst()).allSatisfy(<), "\(bytes)")
    }
  }
}
