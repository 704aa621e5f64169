import Foundation
import Planted
import Testing

/// The mistakes that are built into the engine on purpose, for the simulator to find.
@Suite struct PlantedTests {
  private let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  private func names() throws -> [String] {
    try text("Sources/Planted/Fault.swift").split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      return words.first == "case" ? words.last.map(String.init) : nil
    }
  }

  /// Every `planted(Fault.…)` of the sources.
  private func uses() throws -> [String] {
    let sources = root.appending(path: "Sources")
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
    var found: [String] = []
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      found += text.matches(of: /planted\(Fault\.(\w+)\)/).map { String($0.output.1) }
    }
    return found
  }

  @Test func `every fault is planted at one place`() throws {
    let names = try names()
    #expect(names.count >= 30)
    #expect(try uses().sorted() == names.sorted())
  }

  @Test func `every fault has a row in the documentation`() throws {
    let article = try text("Sources/Cluster/Cluster.docc/Cluster.md")
    for name in try names() { #expect(article.contains("| `\(name)` |"), "\(name)") }
  }

  #if !PLANTED
    @Test func `a build without the switch makes no mistake`() {
      #expect(!Planting.isPossible && Planting.names.isEmpty)
      #expect(!Planting.choose("siblingLost"))
      #expect(!planted(Fault.siblingLost))
    }
  #endif
}
