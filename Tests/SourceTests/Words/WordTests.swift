import Testing

/// Which words are found, and which are not.
@Suite struct WordTests {
  private func findings(_ text: String, path: String = "Sources/JSON/Sample.swift") -> [String] {
    WordScan([SourceFile(path: path, text)]).findings.map { "\($0.line) \($0.what)" }
  }

  @Test(arguments: [
    "let now = Date()", "let now = Date.now", "let clock = ContinuousClock()",
    "let now = clock.now - SuspendingClock.now", "clock_gettime(CLOCK_REALTIME, &time)",
    "let now = time(nil)", "gettimeofday(&value, nil)", "let end = DispatchTime.now() + 3",
    "let begin = monotonicMilliseconds()", "let clock = SystemClock()",
  ])
  func `a clock is found`(code: String) { #expect(findings(code).count >= 1) }

  @Test(arguments: [
    "var generator = SystemRandomNumberGenerator()", "let number = Int.random(in: 0..<9)",
    "let other = list.shuffled()", "list.shuffle()", "let one = list.randomElement()",
    "let id = UUID()", "let number = arc4random()", "getentropy(&bytes, 16)",
    "let source = SystemRandom()",
  ])
  func `a random source is found`(code: String) { #expect(findings(code).count == 1) }

  @Test(arguments: [
    "var hasher = Hasher()", "let number = text.hashValue", "let key = ObjectIdentifier(self)",
  ])
  func `a hash or an address is found`(code: String) { #expect(findings(code).count == 1) }

  @Test(arguments: [
    "Task { work() }", "async let first = work()", "let value = await work()",
    "withTaskGroup(of: Int.self) { _ in }", "DispatchQueue.global().sync {}",
    "let thread = Thread {}", "actor Store {}", "let thread = SystemThread { run() }",
  ])
  func `a task or thread is found`(code: String) { #expect(findings(code).count == 1) }

  @Test(arguments: [
    "import Foundation", "import Dispatch", "internal import Glibc", "import Synchronization",
    "package import FoundationEssentials", "import struct Foundation.Date",
  ])
  func `a module is found`(code: String) { #expect(findings(code).count == 1) }

  @Test(arguments: [
    // Passed in.
    "let now = clock.now()", "let number = random.uint64()", "func tick(now: UInt64) {}",
    "let id = UniqueID(bytes)", "func time(of booking: Booking) -> Int { booking.time(3) }",
    // Declared or named so, and not called.
    "var date: CivilDate", "let text = zone.time(at: 3)", "case date(CivilDate)",
    "Reading(random: source, time: 3)", "func hash(into hasher: inout Hasher) {}",
    // No code.
    "// Date() and UUID()", "/* await /* Task */ Date() */", "let text = \"Date() \\\" Task {\"",
    "let text = #\"a \"Task\" \\(Date())\"#", "let text = \"\"\"\n  Task \"a\" Date()\n  \"\"\"",
    "import Documents", "package import JSON", "import struct Documents.Dispatch",
  ])
  func `what is none is not found`(code: String) { #expect(findings(code) == []) }

  @Test func `code in a string is found, with its line`() {
    let found = findings("let a = 1\nlet text = \"at \\(Date()), \\(1)\"\n")
    #expect(found == ["2 `Date()` is a clock"])
    #expect(findings("let text = #\"at \\#(UUID())\"#").count == 1)
  }

  @Test func `an allowed place counts for its file and its words only`() {
    let code = "let begin = monotonicMilliseconds()"
    #expect(findings(code, path: "Sources/Replica/LaptopSync.swift") == [])
    #expect(findings(code, path: "Sources/Replica/LaptopSyncer.swift").count == 1)
    #expect(findings("Task {}", path: "Sources/Replica/LaptopSync.swift").count == 1)
    #expect(findings("import Synchronization", path: "Sources/Replica/A/B.swift") == [])
  }

  @Test func `what is allowed and not there is told`() {
    let leftOver = WordScan([]).leftOver
    #expect(leftOver.contains("Sources/Replica/LaptopSync.swift: monotonicMilliseconds"))
  }
}
