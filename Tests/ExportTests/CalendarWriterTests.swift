import Testing

@testable import Export

@Suite struct CalendarWriterTests {
  /// The lines without their ends, as octets.
  private func written(_ line: String) -> [[UInt8]] {
    var bytes: [UInt8] = []
    CalendarWriter.write(line, into: &bytes)
    #expect(bytes.suffix(2) == [13, 10])
    #expect(bytes.indices.allSatisfy { bytes[$0] != 10 || bytes[$0 - 1] == 13 })
    return bytes.split { $0 == 13 || $0 == 10 }.map(Array.init)
  }

  @Test(arguments: ["x", "é", "€", "👩🏽‍⚕️", "e\u{301}"], [0, 1, 2, 3])
  func `a long line is folded at 75 octets and no character is cut`(unit: String, shift: Int) {
    let line = String(repeating: "a", count: shift) + String(repeating: unit, count: 120)
    let lines = written(line)
    #expect(lines.count > 1 && lines.allSatisfy { $0.count <= 75 })
    #expect(lines.dropFirst().allSatisfy { $0.first == UInt8(ascii: " ") })
    #expect(lines.allSatisfy { String(validating: $0, as: UTF8.self) != nil })
    #expect(lines[0] + lines.dropFirst().flatMap { $0.dropFirst() } == Array(line.utf8))
  }

  @Test func `75 octets stay on one line, 76 do not`() {
    let whole = [UInt8](repeating: UInt8(ascii: "a"), count: 75)
    #expect(written(String(repeating: "a", count: 75)) == [whole])
    #expect(written(String(repeating: "a", count: 76)) == [whole, Array(" a".utf8)])
  }

  @Test func `text is escaped, and has no control characters`() {
    #expect(CalendarWriter.text("a\\b; c, d\r\ne\nf\u{0}\u{7}g") == "a\\\\b\\; c\\, d\\ne\\nfg")
  }

  @Test(arguments: [
    (0, "+0000"), (-18000, "-0500"), (20700, "+0545"), (-12600, "-0330"), (-17762, "-045602"),
  ])
  func `an offset has minutes, and seconds where there are any`(seconds: Int, text: String) {
    #expect(CalendarWriter.offset(seconds) == text)
  }
}
