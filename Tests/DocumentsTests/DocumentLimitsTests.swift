import Causality
import Documents
import JSON
import TestSupport
import Testing

@Suite struct DocumentLimitsTests {
  private func nested(_ depth: Int) -> JSONValue {
    (0..<depth).reduce(JSONValue.null) { value, _ in .array([value]) }
  }

  @Test(arguments: [(-1, true), (0, true), (1, false)])
  func `a value that was replaced has so many levels at most too`(more: Int, isAllowed: Bool) {
    let write = Write(
      dot: Dot(.sample(1), 1), stamp: Stamp(milliseconds: 1),
      author: Author(user: nil, device: .sample(2)))
    let deep: JSONObject = ["a": nested(DocumentLimits.maximumDepth + more)]
    let plain: JSONObject = ["a": 1]
    let cases: [(JSONObject, JSONObject?)] = [(deep, nil), (plain, deep)]
    for (value, replaced) in cases {
      let version = Version(
        write: write, value: value, details: VersionDetails(replaced: replaced))
      let document = Document(
        key: DocumentKey(type: "visit", id: .sample(3)), clock: VersionVector([(.sample(1), 1)]),
        origin: Origin(dot: write.dot, stamp: write.stamp, author: write.author),
        schemaVersion: 1, units: [Unit(name: "a", versions: [version])])
      #expect(DocumentLimits.allow(document) == isAllowed)
    }
  }

  @Test(arguments: [(-1, true), (0, true), (1, false)])
  func `a field has so many levels, bytes and values at most`(more: Int, isAllowed: Bool) {
    let (levels, values) = (
      DocumentLimits.maximumDepth + more, DocumentLimits.maximumWrittenValueCount + more
    )
    #expect((DocumentLimits.problem(of: nested(levels)) == nil) == isAllowed)
    // The array is a value itself.
    let many = JSONValue.array(Array(repeating: 1, count: values - 1))
    #expect((DocumentLimits.problem(of: many) == nil) == isAllowed)
    let members = (0..<values - 1).map { JSONMember(key: "\($0)", value: .null) }
    #expect((DocumentLimits.problem(of: .object(JSONObject(members: members))) == nil) == isAllowed)
    // The quotation marks count.
    let count = DocumentLimits.maximumWrittenByteCount + more - 2
    let long = JSONValue.string(String(repeating: "a", count: count))
    #expect((DocumentLimits.problem(of: long) == nil) == isAllowed)
  }
}
