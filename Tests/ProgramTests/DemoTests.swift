import Testing

@Suite struct DemoTests {
  @Test func `the demo ends with the same documents on both laptops and the server`() throws {
    let fixture = try ProgramFixture()
    let result = try fixture.succeed("satchel", ["demo", "--json"])
    let lastLine = result.text.split(separator: "\n").last ?? ""
    #expect(lastLine.contains(#""equal":true"#))
  }
}
