import Causality
package import CommandLineTool
import Documents
import JSON
import Platform
import Replica

/// `satchel demo`.
package struct DemoCommand {
  package init() {}

  /// Tells the story and proves how it ends.
  /// - Parameter say: prints a line at once.
  /// - Returns: status 0 only if both laptops and the server are equal and the story went as told.
  package func run(_ invocation: Invocation, say: @escaping (String) -> Void) -> CommandOutcome {
    do {
      let setup = try ReplicaSetup.system()
      let kept = invocation.value("--keep")
      let directory = try makeDirectory(kept, setup)
      defer { if kept == nil { try? setup.fileSystem.removeTree(directory) } }
      let isJSON = invocation.has("--json")
      let ending = try play(in: directory, setup, say: isJSON ? { _ in } : say)
      if !isJSON { tell(ending, kept: kept, say) }
      return outcome(ending, isJSON: isJSON)
    } catch {
      return .failure("demo: \(error)")
    }
  }

  private func play(
    in directory: String, _ setup: ReplicaSetup, say: @escaping (String) -> Void
  ) throws -> DemoStory.Ending {
    let stage = try DemoStage(directory: directory, setup: setup)
    defer { stage.close() }
    return try DemoStory(stage: stage, say: say).run()
  }

  private func makeDirectory(_ kept: String?, _ setup: ReplicaSetup) throws -> String {
    let fileSystem = setup.fileSystem
    if let kept {
      if try fileSystem.status(kept) != nil, try !fileSystem.contents(ofDirectory: kept).isEmpty {
        throw DemoError(description: "\(kept) is not empty; --keep takes a new directory")
      }
      try fileSystem.createDirectory(kept)
      return kept
    }
    let parent = Host.environment("TMPDIR") ?? "/tmp"
    let directory = "\(parent)/satchel-demo-\(setup.newID())"
    try fileSystem.createDirectory(directory)
    return directory
  }

  private func tell(_ ending: DemoStory.Ending, kept: String?, _ say: (String) -> Void) {
    say("4. What came of it:")
    say("   \(ending.merged) patients have A's phone and B's note: merged, nobody was asked.")
    say("   \(ending.revived) patient is back from the trash: A had not seen B's edit.")
    say("   For a person to decide (satchel review):")
    for item in ending.review {
      let rule = item["rule"]?.stringValue ?? ""
      say("   - [\(rule)] \(item["summary"]?.stringValue ?? "")")
      for (number, side) in (item["sides"]?.arrayValue ?? []).enumerated() {
        let author = side.objectValue?["author"]?.stringValue ?? "somebody"
        say("       side \(number + 1) by \(author)")
      }
    }
    say(
      ending.isEqual
        ? "5. Both laptops and the server hold the same documents, byte for byte."
        : "5. The stores differ. That is a bug.")
    if let kept { say("   Kept in \(kept): laptop-a, laptop-b, server.") }
  }

  private func outcome(_ ending: DemoStory.Ending, isJSON: Bool) -> CommandOutcome {
    let wentAsTold =
      ending.isEqual && ending.merged > 0 && ending.revived > 0
      && !ending.review.isEmpty
    let value: JSONObject = [
      "equal": .bool(ending.isEqual), "merged": .int(ending.merged),
      "review": .int(ending.review.count), "revived": .int(ending.revived),
    ]
    return CommandOutcome(
      status: wentAsTold ? 0 : 1,
      output: isJSON ? JSONValue.object(value).bytes + [UInt8(ascii: "\n")] : [],
      errors: wentAsTold ? [] : ["the demo did not end as it should"])
  }
}
