import JSON
import Testing

struct WriterTests {
  @Test func `pretty text has two spaces a level`() throws {
    let value = try parse(#"{"a":[1,{"b":null}],"c":{},"d":[]}"#)
    #expect(
      text(value.prettyBytes()) == """
        {
          "a": [
            1,
            {
              "b": null
            }
          ],
          "c": {},
          "d": []
        }
        """)
  }

  @Test func `every control character is escaped and nothing else`() throws {
    for code in UInt8.min...0x7f {
      let string = String(UnicodeScalar(code))
      let written = JSONValue.string("abcdefg" + string + "hijk").bytes
      let isPlain = code >= 0x20 && code != 0x22 && code != 0x5c
      #expect((written.count == 14) == isPlain, "\(code)")
      #expect(!written.contains { $0 < 0x20 })
      #expect(try JSONValue(parsing: written).stringValue == "abcdefg" + string + "hijk")
    }
  }

  @Test(arguments: 1...40)
  func `a random value survives every form of writing`(seed: UInt64) throws {
    var random = Random(state: seed)
    let value = randomValue(depth: 0, &random)
    #expect(try JSONValue(parsing: value.bytes).isIdentical(to: value))
    #expect(try JSONValue(parsing: value.prettyBytes()).isIdentical(to: value))
    let canonical = try value.canonicalBytes()
    #expect(try JSONValue(parsing: canonical).canonicalBytes() == canonical)
  }

  @Test(arguments: 1...200)
  func `a text with a damaged byte is refused or read, never a trap`(seed: UInt64) throws {
    var random = Random(state: seed)
    var bytes = randomValue(depth: 0, &random).bytes
    let index = Int.random(in: bytes.indices, using: &random)
    bytes[index] = UInt8.random(in: 0...255, using: &random)
    if let value = try? JSONValue(parsing: bytes) {
      #expect(try JSONValue(parsing: value.bytes).isIdentical(to: value))
    }
    #expect(problem(Array(bytes[..<index])).map { $0.offset <= index } ?? true)
  }
}

private func randomValue(depth: Int, _ random: inout Random) -> JSONValue {
  switch Int.random(in: 0..<(depth < 4 ? 7 : 5), using: &random) {
  case 0: return .null
  case 1: return .bool(Bool.random(using: &random))
  case 2: return .int(Int.random(in: Int.min...Int.max, using: &random))
  case 3:
    let double = Double.random(in: -1e9...1e9, using: &random)
    return .number(JSONNumber(text: double.description)!)
  case 4: return .string(randomString(&random))
  case 5:
    return .array(
      (0..<Int.random(in: 0..<6, using: &random)).map { _ in randomValue(depth: depth + 1, &random)
      })
  default:
    var object = JSONObject()
    for _ in 0..<Int.random(in: 0..<40, using: &random) {
      object[randomString(&random)] = randomValue(depth: depth + 1, &random)
    }
    return .object(object)
  }
}

private func randomString(_ random: inout Random) -> String {
  let alphabet = Array("ab\"\\/\u{0}\u{1f}\n\u{7f}é\u{301}\u{ffff}\u{1f600}€ ".unicodeScalars)
  var text = String.UnicodeScalarView()
  for _ in 0..<Int.random(in: 0..<20, using: &random) {
    text.append(alphabet.randomElement(using: &random)!)
  }
  return String(text)
}
