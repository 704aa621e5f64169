import CommandLineTool
import JSON
import Platform
import Testing

@testable import Benchmarks

@Suite struct BenchmarkProgramTests {
  private func parse(_ arguments: [String]) throws(UsageError) -> Invocation? {
    let parsed = try BenchmarkProgram.description.parse(arguments) { options in
      Settings(options: options) { _ in nil }
    }
    if case .run(let invocation) = parsed { return invocation }
    return nil
  }

  @Test func `a group and its options are understood`() throws {
    let invocation = try #require(try parse(["storage", "--quick", "--dir", "/data"]))
    #expect(BenchmarkGroup(rawValue: invocation.command.name) == .storage)
    #expect(invocation.has("--quick"))
    #expect(invocation.value("--dir") == "/data")
  }

  @Test(arguments: [
    [], ["nothing"], ["storage", "--fast"], ["storage", "--dir"], ["storage", "merge"],
    ["storage", "--quick=1"], ["open-store"],
  ])
  func `wrong arguments are errors`(arguments: [String]) {
    #expect(throws: UsageError.self) { try parse(arguments) }
  }

  @Test(arguments: [OpenProbe.verb, FirstSyncProbe.verb])
  func `a hidden verb is not in the help`(verb: String) {
    #expect(!BenchmarkProgram.description.help().contains("\n  \(verb) "))
    #expect(BenchmarkProgram.description.help().contains("storage"))
  }

  @Test func `a directory in memory is refused and nothing is left there`() throws {
    guard let directory = try Mounts.inMemory() else { return }
    let before = try? POSIXFileSystem().contents(ofDirectory: directory)
    #expect(throws: BenchmarkError.self) {
      try WorkDirectory(below: directory, fileSystem: POSIXFileSystem())
    }
    #expect((try? POSIXFileSystem().contents(ofDirectory: directory)) == before)
  }

  @Test func `a directory that is not there is refused`() {
    #expect(throws: BenchmarkError.self) {
      try WorkDirectory(below: "/nowhere/at/all", fileSystem: POSIXFileSystem())
    }
  }

  @Test(arguments: BenchmarkGroup.allCases)
  func `the families of a group take each of its measures once`(group: BenchmarkGroup) {
    let isEncryptedToo = [false] + (group == .storage ? [true] : [])
    let taken = isEncryptedToo.flatMap {
      group.families(Sizes(documents: 3), isEncrypted: $0).flatMap(\.measures).map(\.name)
    }
    #expect(taken.sorted() == group.measures.map(\.name).sorted())
    #expect(Set(taken).count == taken.count)
  }

  @Test func `a quick run has at least five runs too`() {
    #expect(Sizes.quick.runs >= 5)
    #expect(Sizes.quick.runs == Sizes.full.runs)
  }

  @Test func `a family that fails skips all its measures and says why`() throws {
    try withTemporaryWorkbench { bench in
      let family = CheckpointFamily(stores: FilledStores(documentCount: 3))
      let findings = family.findings(bench)
      #expect(findings.map(\.measure.name) == ["checkpoint_100k"])
      #expect(findings[0].object["skipped"]?.stringValue == "no store could be filled")
    }
  }

  @Test func `memory is read from the lines of a process's status`() {
    let text = "Name:\tx\nVmRSS:\t  900 kB\nRssAnon:\t    1234 kB\nRssFile:\t 5 kB\n"
    #expect(ProcessStatus.byteCount("RssAnon", in: text) == 1234 * 1024)
    #expect(ProcessStatus.byteCount("Rss", in: text) == nil)
    #expect(ProcessStatus.byteCount("Name", in: text) == nil)
  }
}
