import JSON
import Testing

struct ParserTests {
  @Test(arguments: [
    ("null", "null"), ("true", "true"), ("false", "false"), (" \t\r\n1 \n", "1"),
    ("0", "0"), ("-0", "-0"), ("1.0", "1.0"), ("-0.0e-0", "-0.0e-0"), ("1E+2", "1E+2"),
    ("1e0", "1e0"), ("12345678901234567890123", "12345678901234567890123"), ("1e400", "1e400"),
    (#""""#, #""""#), (#""a""#, #""a""#), (#""\u0061\/""#, #""a/""#),
    (#""\"\\\b\f\n\r\t""#, #""\"\\\b\f\n\r\t""#), (#""\u0000\u001f""#, #""\u0000\u001f""#),
    (#""\ud83d\ude00""#, "\"\u{1f600}\""), (#""\uD834\uDD1E""#, "\"\u{1d11e}\""),
    ("\"\u{7f}\u{80}\u{2028}\u{ffff}\u{10ffff}\"", "\"\u{7f}\u{80}\u{2028}\u{ffff}\u{10ffff}\""),
    (#""0123456\n0123456789abc""#, #""0123456\n0123456789abc""#),
    ("[]", "[]"), ("[ ]", "[]"), ("[1 , [2],{}]", "[1,[2],{}]"),
    ("{}", "{}"), (#"{ "b" : 1 , "a" : [ ] }"#, #"{"b":1,"a":[]}"#), (#"{"":0}"#, #"{"":0}"#),
    ("{\"\u{e9}\":1,\"e\u{301}\":2}", "{\"\u{e9}\":1,\"e\u{301}\":2}"),
    (#"{"a":{"a":{"a":1},"b":2},"b":3}"#, #"{"a":{"a":{"a":1},"b":2},"b":3}"#),
  ])
  func `a valid text is read and written compactly`(source: String, written: String) throws {
    #expect(text(try parse(source).bytes) == written)
    #expect(Array(written.utf8) == (try parse(source).bytes))
  }

  @Test(arguments: [
    ("", "line 1, column 1: the text ends where a value is expected"),
    ("  ", "line 1, column 3: the text ends where a value is expected"),
    ("nul", "line 1, column 1: a value is expected here"),
    ("True", "line 1, column 1: a value is expected here"),
    ("NaN", "line 1, column 1: a value is expected here"),
    ("Infinity", "line 1, column 1: a value is expected here"),
    ("-Infinity", "line 1, column 2: a number needs a digit here"),
    ("+1", "line 1, column 1: a value is expected here"),
    (".5", "line 1, column 1: a value is expected here"),
    ("-", "line 1, column 2: a number needs a digit here"),
    ("-.5", "line 1, column 2: a number needs a digit here"),
    ("1.", "line 1, column 3: a digit must follow the decimal point"),
    ("1.e1", "line 1, column 3: a digit must follow the decimal point"),
    ("1e", "line 1, column 3: an exponent needs a digit here"),
    ("1e+", "line 1, column 4: an exponent needs a digit here"),
    ("01", "line 1, column 1: a number must not begin with 0 if more digits follow"),
    ("-00", "line 1, column 2: a number must not begin with 0 if more digits follow"),
    ("0x1", "line 1, column 2: nothing may follow the value"),
    ("1 2", "line 1, column 3: nothing may follow the value"),
    ("{}}", "line 1, column 3: nothing may follow the value"),
    ("\u{c}1", "line 1, column 1: a value is expected here"),
    ("\u{a0}1", "line 1, column 1: a value is expected here"),
    ("\u{feff}1", "line 1, column 1: a byte order mark is not allowed"),
    ("[1,]", "line 1, column 4: a value is expected here"),
    ("[,1]", "line 1, column 2: a value is expected here"),
    ("[1 2]", "line 1, column 4: \",\" or \"]\" is expected here"),
    ("[1", "line 1, column 3: \",\" or \"]\" is expected here"),
    ("[1}", "line 1, column 3: \",\" or \"]\" is expected here"),
    ("[", "line 1, column 2: the text ends where a value is expected"),
    ("[//c\n1]", "line 1, column 2: a value is expected here"),
    ("{", "line 1, column 2: a key is expected here"),
    ("{a:1}", "line 1, column 2: a key is expected here"),
    ("{'a':1}", "line 1, column 2: a key is expected here"),
    ("{1:1}", "line 1, column 2: a key is expected here"),
    (#"{"a"}"#, "line 1, column 5: \":\" is expected here"),
    (#"{"a":}"#, "line 1, column 6: a value is expected here"),
    (#"{"a":1,}"#, "line 1, column 8: a key is expected here"),
    (#"{"a":1 "b":2}"#, "line 1, column 8: \",\" or \"}\" is expected here"),
    (
      "{\n \"\u{e9}\": 1,\n \"b\": [\n", "line 4, column 1: the text ends where a value is expected"
    ),
    ("[\"\u{e9}\u{1f600}\" x]", "line 1, column 7: \",\" or \"]\" is expected here"),
    (#"{"a":1,"a":2}"#, #"line 1, column 8: duplicate key "a""#),
    (#"{"a":1,"\u0061":2}"#, #"line 1, column 8: duplicate key "a""#),
    (#"{"a":{"b":1,"b":1}}"#, #"line 1, column 13: duplicate key "b""#),
    ("{\"\\n\":1,\n\"\\n\":2}", #"line 2, column 1: duplicate key "\n""#),
    ("\"", "line 1, column 1: the string has no end"),
    ("\"a\\", "line 1, column 3: the string has no end"),
    ("\"a\\n", "line 1, column 1: the string has no end"),
    ("\"a\nb\"", "line 1, column 3: a control character must be escaped"),
    ("\"\u{0}\"", "line 1, column 2: a control character must be escaped"),
    ("\"\u{1f}\"", "line 1, column 2: a control character must be escaped"),
    (#""\a""#, "line 1, column 2: there is no such escape"),
    (#""\'""#, "line 1, column 2: there is no such escape"),
    (#""\U0061""#, "line 1, column 2: there is no such escape"),
    (#""\u006""#, "line 1, column 2: \\u needs four hexadecimal digits"),
    (#""\u00g1""#, "line 1, column 2: \\u needs four hexadecimal digits"),
    (#""\ud800""#, "line 1, column 2: a surrogate stands alone"),
    (#""\ud800\ud800""#, "line 1, column 2: a surrogate stands alone"),
    (#""\ud800\n""#, "line 1, column 2: a surrogate stands alone"),
    (#""\ud800x""#, "line 1, column 2: a surrogate stands alone"),
    (#""\udc00\ud800""#, "line 1, column 2: a surrogate stands alone"),
  ])
  func `an invalid text is refused with its place`(source: String, description: String) {
    #expect(problem(Array(source.utf8))?.description == description)
  }

  @Test(
    arguments: [
      [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
      [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xe2, 0x82], [0xf0, 0x80, 0x80, 0x80],
      [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xfe], [0xff],
    ] as [[UInt8]])
  func `bytes that are not UTF-8 are refused`(wrong: [UInt8]) {
    for prefix in ["\"ab", "\"a\\n"] {
      let source = Array(prefix.utf8) + wrong + Array("z\"".utf8)
      #expect(problem(source)?.problem == "not valid UTF-8")
      #expect(problem(source)?.offset == prefix.utf8.count)
    }
    #expect(problem(Array("{\"".utf8) + wrong + Array("\":1}".utf8))?.problem == "not valid UTF-8")
  }

  @Test func `a long key is shortened in the message`() {
    let key = String(repeating: "k", count: 41)
    let error = problem(Array("{\"\(key)\":1,\"\(key)\":2}".utf8))
    #expect(error?.problem == "duplicate key \"\(key.dropLast())…\"")
  }

  @Test(arguments: [2, 31, 32, 33, 34, 100])
  func `a duplicate is found among few and many keys`(count: Int) throws {
    let members = (0..<count).map { "\"key_number_\($0)\":{\"a\":\($0)}" }
    #expect(try parse("{\(members.joined(separator: ","))}").objectValue?.count == count)
    for index in [0, count / 2, count - 1] {
      let doubled = members + ["\"key_number_\(index)\":1"]
      let error = problem(Array("{\(doubled.joined(separator: ","))}".utf8))
      #expect(error?.problem == "duplicate key \"key_number_\(index)\"")
    }
  }

  @Test func `an object of 100,000 keys is read`() throws {
    let members = (0..<100_000).map { "\"\($0)\":0" }
    let value = try parse("{\(members.joined(separator: ","))}")
    #expect(value.objectValue?.count == 100_000)
    #expect(
      value.isIdentical(to: .object(JSONObject(members: value.objectValue!.members.reversed()))))
  }

  @Test func `part of an array is read in place, offsets counting from its start`() throws {
    let bytes = Array("[1]\n{\"a\":}\n".utf8)
    #expect(text(try JSONValue(parsing: bytes[0..<3]).bytes) == "[1]")
    #expect(throws: JSONError(offset: 5, line: 1, column: 6, problem: "a value is expected here")) {
      try JSONValue(parsing: bytes[4..<10])
    }
  }
}

struct LimitTests {
  @Test(arguments: [(63, true), (64, true), (65, false)])
  func `64 levels are allowed`(depth: Int, isAllowed: Bool) {
    let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect((problem(Array(arrays.utf8)) == nil) == isAllowed)
    let objects =
      String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
    #expect((problem(Array(objects.utf8)) == nil) == isAllowed)
    if !isAllowed {
      #expect(
        problem(Array(arrays.utf8))?.description
          == "line 1, column 65: nested deeper than 64 levels")
    }
  }

  @Test(arguments: [(9, true), (10, true), (11, false)])
  func `the length is limited`(count: Int, isAllowed: Bool) {
    let source = Array(String(repeating: "1", count: count).utf8)
    let error = problem(source, limits: JSONLimits(maximumByteCount: 10))
    #expect(error?.description == (isAllowed ? nil : "line 1, column 11: longer than 10 bytes"))
  }

  @Test(arguments: [
    (#"[1,2,3]"#, 4), (#"{"a":{"b":[]},"c":null}"#, 4), ("[[],[[]]]", 4), ("7", 1),
  ])
  func `the number of values is limited`(text: String, count: Int) {
    for (most, isAllowed) in [(count - 1, false), (count, true), (count + 1, true)] {
      let error = problem(Array(text.utf8), limits: JSONLimits(maximumValueCount: most))
      #expect((error == nil) == isAllowed && error?.isBeyondLimits != false, "\(most)")
    }
  }

  @Test func `a scalar has no depth`() {
    #expect(problem(Array("1".utf8), limits: JSONLimits(maximumDepth: 0)) == nil)
    #expect(problem(Array("[]".utf8), limits: JSONLimits(maximumDepth: 0)) != nil)
  }
}
