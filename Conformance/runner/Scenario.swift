/// A scenario as it stands in a file: a title, a few lines that say why, and steps, each a sentence.
///
///     # Title
///     Why it matters, in any number of lines.
///
///     - laptop A
///     - A writes ana phone=1
struct Scenario {
  struct Step {
    let line: Int
    let text: String
  }

  let name: String
  let title: String
  let steps: [Step]

  init(name: String, text: String) throws {
    self.name = name
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.first, first.hasPrefix("# ") else {
      throw ScenarioFailure("\(name): begins with no title")
    }
    title = String(first.dropFirst(2))
    steps = lines.enumerated().compactMap { number, line in
      line.hasPrefix("- ") ? Step(line: number + 1, text: String(line.dropFirst(2))) : nil
    }
    if steps.isEmpty { throw ScenarioFailure("\(name): has no steps") }
  }

  /// Takes the steps in their order, up to the first that fails.
  /// - Parameter carryOut: the words of one step.
  func play(_ carryOut: ([String]) throws -> Void) -> Verdict {
    for step in steps {
      do { try carryOut(step.text.split(separator: " ").map(String.init)) } catch {
        if let missing = error as? Driver.Missing {
          return .skipped("the driver does not know \(missing.verb)")
        }
        return .failed("line \(step.line), \(step.text): \(error)")
      }
    }
    return .passed
  }
}

/// How a scenario came out.
enum Verdict {
  case passed
  case failed(String)
  /// The driver lacks what it needs: that is not passed.
  case skipped(String)
}
