import JSON
import Testing

struct NumberTests {
  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("-12", -12), ("9223372036854775807", Int.max),
      ("-9223372036854775808", Int.min), ("9223372036854775808", nil), ("1.0", nil), ("1e2", nil),
    ] as [(String, Int?)])
  func `a number is an integer only if spelled so`(source: String, value: Int?) {
    #expect(JSONNumber(text: source)?.int == value)
  }

  @Test(arguments: [
    "", "+1", "01", "1.", ".5", "NaN", "1 ", " 1", "1e", "0x1", "--1", "1_000", "１",
  ])
  func `what is no number is refused`(source: String) {
    #expect(JSONNumber(text: source) == nil)
  }

  @Test func `integers are spelled in decimal`() {
    #expect(JSONNumber(Int.min).text == "-9223372036854775808")
    #expect(JSONNumber(UInt64.max).text == "18446744073709551615")
    #expect(JSONNumber(text: "0.1")?.double == 0.1)
    #expect(JSONNumber(text: "1e400")?.double == .infinity)
  }
}

struct ObjectTests {
  @Test func `setting replaces in place, appends, and nil removes`() {
    var object: JSONObject = ["a": 1, "b": 2]
    object["a"] = 3
    object["c"] = .null
    #expect(text(JSONValue.object(object).bytes) == #"{"a":3,"b":2,"c":null}"#)
    object["b"] = nil
    object["x"] = nil
    #expect(object.keys == ["a", "c"])
    #expect(object["b"] == nil)
    #expect(object["c"]?.isNull == true)
  }

  @Test func `keys are told apart by their bytes`() {
    var object = JSONObject()
    object["\u{e9}"] = 1
    object["e\u{301}"] = 2
    #expect(object.count == 2)
    #expect(object["\u{e9}"]?.intValue == 1)
    #expect(!utf8Equal("\u{e9}", "e\u{301}"))
    #expect(
      Set([ExactString("\u{e9}"), ExactString("e\u{301}"), ExactString("\u{e9}")]).count == 2)
  }

  @Test func `strings are ordered by code points`() {
    #expect(utf8Less("\u{ff5e}", "\u{1f600}"))
    #expect(utf8Less("a", "b") && utf8Less("a", "aa") && !utf8Less("a", "a"))
  }

  @Test(arguments: [
    (#"{"a":1,"b":[true,null]}"#, #"{"b":[true,null],"a":1}"#, true),
    (#"{"a":1}"#, #"{"a":1.0}"#, false), ("1e1", "10", false), ("[1,2]", "[2,1]", false),
    ("\"\u{e9}\"", "\"e\u{301}\"", false), (#""\u0061""#, #""a""#, true), ("null", "false", false),
    (#"{"a":1}"#, #"{"a":1,"b":1}"#, false), (#"{"a":1,"b":2}"#, #"{"a":1,"c":2}"#, false),
    (#"{"a":{"x":1,"y":2}}"#, #"{"a":{"y":2,"x":1}}"#, true),
  ])
  func `identical means the same bytes, members in any order`(a: String, b: String, same: Bool)
    throws
  {
    #expect(try parse(a).isIdentical(to: parse(b)) == same)
    #expect(try parse(b).isIdentical(to: parse(a)) == same)
  }

  @Test func `accessors give a value only of their kind`() {
    let value: JSONValue = ["a": [true, 1, "x"]]
    let list = value.objectValue?["a"]?.arrayValue
    #expect(list?[0].boolValue == true)
    #expect(list?[1].intValue == 1)
    #expect(list?[2].stringValue == "x")
    #expect(list?[2].intValue == nil && value.arrayValue == nil && value.boolValue == nil)
  }
}

struct MergePatchTests {
  @Test(arguments: [
    (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
    (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
    (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
    (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
    (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
    (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
    (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
    (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
    (#"{"a":"foo"}"#, "null", "null"), (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
    (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
    ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
    ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    (
      #"{"z":1,"y":{"q":1,"p":2},"x":3}"#, #"{"n":0,"y":{"p":5},"z":2}"#,
      #"{"z":2,"y":{"q":1,"p":5},"x":3,"n":0}"#
    ),
  ])
  func `a merge patch changes what it names`(target: String, patch: String, result: String) throws {
    #expect(text(try parse(target).applyingMergePatch(parse(patch)).bytes) == result)
  }
}
