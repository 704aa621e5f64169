import JSON
import Testing

struct CanonicalTests {
  /// The samples of RFC 8785, appendix B, by their bit patterns.
  @Test(
    arguments: [
      (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"),
      (0x0000_0000_0000_0001, "5e-324"), (0x8000_0000_0000_0001, "-5e-324"),
      (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
      (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
      (0x4340_0000_0000_0000, "9007199254740992"), (0xc340_0000_0000_0000, "-9007199254740992"),
      (0x4430_0000_0000_0000, "295147905179352830000"),
      (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
      (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
      (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
      (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
      (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
      (0x41b3_de43_5555_5553, "333333333.3333332"), (0x41b3_de43_5555_5554, "333333333.33333325"),
      (0x41b3_de43_5555_5555, "333333333.3333333"), (0x41b3_de43_5555_5556, "333333333.3333334"),
      (0x41b3_de43_5555_5557, "333333333.33333343"),
      (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
      (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] as [(UInt64, String)])
  func `numbers are printed as ECMAScript prints them`(bits: UInt64, printed: String) throws {
    let value = Double(bitPattern: bits)
    let number = try #require(JSONNumber(text: value.description))
    #expect(text(try JSONValue.number(number).canonicalBytes()) == printed)
  }

  @Test(
    arguments: [
      ("1.0", "1"), ("-0.0", "0"), ("1E400", nil), ("-1e309", nil), ("1e-400", "0"),
      ("333333333.33333329", "333333333.3333333"), ("1E30", "1e+30"), ("4.50", "4.5"),
      ("2e-3", "0.002"), ("0.000000000000000000000000001", "1e-27"),
      ("100000000000000000000", "100000000000000000000"),
      ("123e18", "123000000000000000000"), ("123e19", "1.23e+21"), ("10.0", "10"), ("0.1", "0.1"),
      ("1.5e-6", "0.0000015"), ("1.5e-7", "1.5e-7"),
      ("12345678901234567890", "12345678901234567000"),
    ] as [(String, String?)])
  func `any spelling of a number has one canonical form`(source: String, printed: String?) throws {
    let bytes = try? parse(source).canonicalBytes()
    #expect(bytes.map(text) == printed)
  }

  @Test func `a number beyond doubles is named in the error`() throws {
    let value = try parse("[1e400]")
    #expect(
      throws: JSONError(
        offset: 0, line: 0, column: 0, problem: "the number 1e400 is too large for a canonical form"
      )
    ) { try value.canonicalBytes() }
  }

  /// The keys of RFC 8785, section 3.2.3, in their order.
  @Test func `keys are sorted by UTF-16 code units`() throws {
    let keys = ["\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}"]
    let object = JSONObject(keys.reversed().map { ($0, .null) })
    let sorted = try JSONValue(parsing: JSONValue.object(object).canonicalBytes())
    #expect(
      sorted.objectValue.map { $0.keys.map { Array($0.utf8) } } == keys.map { Array($0.utf8) })
  }

  @Test func `prefixes sort first and inner objects are sorted too`() throws {
    let value = try parse(#"{"b":[{"d":1,"c":"\u20ac$\u000f\n"}],"aa":2,"a":{"y":1,"x":[]}}"#)
    #expect(
      text(try value.canonicalBytes())
        == #"{"a":{"x":[],"y":1},"aa":2,"b":[{"c":"€$\u000f\n","d":1}]}"#)
  }
}
