import Testing

/// Where the order of a set or dictionary is seen, and where not.
@Suite struct OrderTests {
  private func findings(_ files: String...) -> [Finding] {
    let names = Names(
      files.enumerated().map { SourceFile(path: "Sources/JSON/Sample\($0).swift", $1) })
    return files.indices.flatMap { OrderScan(names, $0).findings }
  }

  /// A function around some statements, and a type beside it.
  private func statements(_ text: String) -> [Finding] {
    findings(
      """
      struct Sample {
        var byName: [String: Int] = [:]
        let names: Set<String>
        var nested: [String: [Int: [String]]]
        let locked = Mutex<[String: Int]>([:])
        func found(_ number: Int) -> Set<Int> { [] }
        func work(_ keys: Set<Int>, _ list: [Int], maybe: [Int: Int]?) {
          \(text)
        }
      }
      """)
  }

  @Test(arguments: [
    "for name in names { print(name) }", "for (name, number) in byName { use(name, number) }",
    "for key in keys where key > 3 {}", "for key in byName.keys {}",
    "for value in byName.values {}",
    "for key in keys.filter({ $0 > 1 }) {}", "for key in keys.union(list) {}",
    "for (number, _) in nested[\"a\"] ?? [:] {}", "for x in try found(3) {}",
    "for x in Set(list) {}", "for x in Dictionary(grouping: list, by: \\.self) {}",
    "let copy = keys\nfor x in copy.subtracting(list) {}", "if let maybe { for x in maybe {} }",
    "let (a, b) = (1, Set(list))\nfor x in b {}",
    "for (name, inner) in nested { for y in inner {} }",
    "locked.withLock { inner in for x in inner {} }", "for x in locked.withLock({ $0 }) {}",
    "for x in other.byName {}",
  ])
  func `a loop is found`(code: String) { #expect(statements(code).count >= 1) }

  @Test(arguments: [
    "let a = names.map { $0 }", "let a = byName.compactMap { $1 }", "let a = keys.first",
    "let a = keys.first(where: { $0 > 3 })", "keys.forEach { use($0) }",
    "let a = names.joined(separator: \",\")", "let a = keys.reduce(0) { $0 * 2 + $1 }",
    "let a = byName.values.max { $0 < $1 }", "let a = keys.min(by: <)", "let a = Array(keys)",
    "let a = [Int](keys)", "let a = keys.popFirst()", "let a = keys.enumerated()",
    "let a = list + keys", "list += keys", "list.append(contentsOf: keys)",
    "let a = zip(keys, list)",
    "let a = \"these: \\(names)\"", "let a = keys.map { $0 }.first",
    "let a = keys.prefix(3).sorted()",
    "let a = locked.withLock { $0.map { $0 } }", "let a = String(describing: names)",
  ])
  func `a use is found`(code: String) { #expect(statements(code).count == 1) }

  @Test(arguments: [
    "for name in names.sorted() {}", "for key in byName.keys.sorted() {}", "for x in list {}",
    "let a = keys.map { $0 + 1 }.sorted()", "let a = keys.filter { $0 > 3 }.count",
    "let a = keys.min()", "let a = byName.values.max() ?? 0", "let a = keys.contains(3)",
    "let a = keys.allSatisfy { $0 > 3 }", "let a = keys.isEmpty",
    "let a = Set(keys.map { $0 + 1 })",
    "var a = keys\na.formUnion(names.compactMap { Int($0) })",
    "let a = keys.union(keys.map { $0 })",
    "let a = list.reduce(into: [:]) { $0[$1] = 1 }",
    "let a = keys.reduce(into: Set()) { $0.insert($1) }",
    "let a = byName.mapValues { $0 + 1 }", "let a = byName[\"a\"].map { $0 + 1 }",
    "for x in nested[\"a\"]?[1] ?? [] {}", "let names = list\nfor x in names {}",
    "for names in list { use(names.first) }", "let a = list.map { names in names.first }",
    "let a = \"so many: \\(names.count)\"", "let a = byName[\"a\"] ?? 0 + 3",
    "let a = list.map { byName[$0] }",
    "let a = Dictionary(uniqueKeysWithValues: byName.map { $0 })",
  ])
  func `what shows no order is not found`(code: String) { #expect(statements(code).isEmpty) }

  @Test func `a member of another file is known`() {
    let other = "extension Sample { func work() { for x in byName {} } }"
    #expect(findings("struct Sample { let byName: [String: Int] }", other).count == 1)
    #expect(findings("struct Sample { let byName: [Int] }", other).isEmpty)
  }

  @Test func `the nearest declaration counts`() {
    let code = """
      func one(_ keys: Set<Int>) { if let keys = list { for x in keys {} } }
      func two(_ keys: [Int]) { for x in keys {} }
      func three(_ keys: Set<Int>) {
        if let keys = list { use(keys) }
        for x in keys {}
      }
      """
    #expect(findings(code).map(\.line) == [5])
  }

  @Test func `a reason excuses, on the line or above it`() {
    #expect(statements("for x in keys {}  // any order: a sum").isEmpty)
    #expect(
      statements("// any order: a sum, which is\n// the same in any\nfor x in keys {}").isEmpty)
    #expect(statements("// any order: a sum\nuse(3)\nfor x in keys {}").count == 2)
    #expect(statements("use(3)  // any order: a sum\nfor x in keys {}").count == 2)
  }

  @Test func `a reason must say something, and excuse something`() {
    #expect(statements("for x in keys {}  // any order: ").map(\.what).count == 1)
    #expect(statements("for x in keys {}  // any order: …").map(\.what).count == 1)
    #expect(statements("for x in list {}  // any order: a sum").map(\.what).count == 1)
  }

  @Test func `a finding says where, what and what to do instead`() {
    let finding = findings("let names: Set<String> = []\nfor name in names {}").first
    #expect(
      finding?.description
        == "Sources/JSON/Sample0.swift:2: the order can be seen in a loop over a set. "
        + "Instead: sort it, or say why order makes no difference: // any order: …")
  }
}
