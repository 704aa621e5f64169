import Documents
import JSON
import Testing

@Suite struct DocumentLimitsTests {
  private func nested(_ depth: Int) -> JSONValue {
    (0..<depth).reduce(JSONValue.null) { value, _ in .array([value]) }
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
