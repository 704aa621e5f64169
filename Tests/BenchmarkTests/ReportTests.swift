import JSON
import Testing

@testable import Benchmarks

@Suite struct ReportTests {
  private static let ratio = Measure("commit_p50", "us", .lower, .ratio, 1.2)
  private static let value = Measure("bulk_create_per_s", "per_s", .higher, .value, 150_000)

  private func line(_ finding: Finding) -> String {
    String(decoding: JSONValue.object(finding.object).bytes, as: UTF8.self)
  }

  @Test func `a measure with a reference has all keys in their order`() {
    let samples = Samples([91.2, 90, 95, 88.25, 130], references: [80.1, 79, 81, 80, 90.5])
    #expect(
      line(Finding(Self.ratio, samples)) == """
        {"measure":"commit_p50","value":91.2,"unit":"us","reference":80.1,"ratio":1.139,\
        "bound":1.2,"bound_on":"ratio","better":"lower","ok":true,"runs":5,"min":88.25,"max":130}
        """)
  }

  @Test func `a measure without a reference has null in its place`() {
    #expect(
      line(Finding(Self.value, Samples([17_072.4]))) == """
        {"measure":"bulk_create_per_s","value":17072,"unit":"per_s","reference":null,\
        "ratio":null,"bound":150000,"bound_on":"value","better":"higher","ok":false,"runs":1,\
        "min":17072,"max":17072}
        """)
  }

  @Test func `what was not measured is not ok and says why`() {
    #expect(
      line(Finding(Self.ratio, skipped: "libsqlite3.so.0 is missing")) == """
        {"measure":"commit_p50","value":null,"unit":"us","reference":null,"ratio":null,\
        "bound":1.2,"bound_on":"ratio","better":"lower","ok":false,"runs":0,"min":null,\
        "max":null,"skipped":"libsqlite3.so.0 is missing"}
        """)
  }

  @Test(arguments: [
    (0.0, "0"), (0.0994, "0.099"), (0.9996, "1"), (1.0, "1"), (9.8765, "9.877"),
    (12.345, "12.35"), (123.44, "123.4"), (999.96, "1000"), (1234.5, "1235"),
    (152_345.4, "152345"), (-12.345, "-12.35"),
  ])
  func `numbers keep at least four digits`(number: Double, text: String) {
    #expect(JSONValue.rounded(number).numberValue?.text == text)
  }

  @Test(arguments: [nil, Double.infinity, .nan])
  func `what is no number is null`(number: Double?) {
    #expect(JSONValue.rounded(number).isNull)
  }

  @Test func `a promise about a ratio does not look at the value`() {
    #expect(Finding(Self.ratio, Samples([120], references: [100])).isOK)
    #expect(!Finding(Self.ratio, Samples([1.21], references: [1])).isOK)
  }

  @Test func `a promise is judged before its number is rounded`() {
    let finding = Finding(Self.ratio, Samples([1.2001], references: [1]))
    #expect(finding.object["ratio"]?.numberValue?.text == "1.2")
    #expect(!finding.isOK)
  }

  @Test func `a promise about a value does not look at the ratio`() {
    #expect(Finding(Self.value, Samples([150_000], references: [1_000_000])).isOK)
    #expect(!Finding(Self.value, Samples([149_999], references: [1])).isOK)
  }

  @Test(arguments: [(0.59, false), (0.6, true), (0.61, true)])
  func `where more is better the bound is the least`(value: Double, isOK: Bool) {
    let measure = Measure("commit_16", "per_s", .higher, .ratio, 0.6)
    #expect(Finding(measure, Samples([value], references: [1])).isOK == isOK)
  }

  @Test(arguments: [[], [0.0]])
  func `a promise about a ratio is skipped without a reference`(references: [Double]) {
    let finding = Finding(Self.ratio, Samples([1], references: references))
    #expect(finding.object["skipped"]?.stringValue == "there is nothing to compare it with")
    #expect(!finding.isOK)
  }

  @Test func `the table says what was missed and what was skipped`() {
    let text = ReportTable.text([
      Finding(Self.ratio, Samples([2], references: [1])), Finding(Self.value, Samples([200_000])),
      Finding(Self.ratio, skipped: "no disk"),
    ])
    #expect(
      text == """
        measure            value   unit   reference  ratio  bound
        commit_p50         2       us     1          2      ratio ≤ 1.2     MISSED
        bulk_create_per_s  200000  per_s                    value ≥ 150000  ok
        commit_p50                 us                       ratio ≤ 1.2     skipped: no disk

        """)
  }
}
