import JSON
import Platform
import Testing

/// Something that cannot be done, and what the program says.
struct Mistake {
  var arguments: [String]
  var input: String?
  /// The exact line on standard error, with `<id>`, `<address>` and `<dir>` for what differs.
  var line: String
  var status: Int32

  /// - Parameter command: words, separated by blanks.
  init(_ command: String, input: String? = nil, _ line: String, status: Int32 = 1) {
    arguments = command.split(separator: " ").map(String.init)
    self.input = input
    self.line = line
    self.status = status
  }
}

extension ProgramFixture {
  /// What a program wrote on standard error, with placeholders for what differs from run to run.
  func normalised(_ text: String) -> String {
    text.split(separator: directory, omittingEmptySubsequences: false).joined(separator: "<dir>")
      .replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "<id>")
      .replacing(/127\.0\.0\.1:[0-9]{2,}/, with: "<address>")
  }

  /// Makes mistakes and expects that each is told in one line.
  func expect(
    _ mistakes: [Mistake], of program: String, _ options: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for mistake in mistakes {
      let arguments = options + mistake.arguments
      let result = try run(program, arguments, input: mistake.input)
      let label = Comment(rawValue: "\(program) \(mistake.arguments) \(mistake.input ?? "")")
      #expect(
        normalised(result.errors) == "\(program): \(mistake.line)\n", label,
        sourceLocation: sourceLocation)
      #expect(result.status == mistake.status, label, sourceLocation: sourceLocation)
      #expect(result.output.isEmpty, label, sourceLocation: sourceLocation)
    }
  }
}

extension TestLaptop {
  /// Makes mistakes and expects that nothing in the store has changed by them.
  func expect(
    _ mistakes: [Mistake], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try fingerprint()
    for mistake in mistakes {
      try fixture.expect(
        [mistake], of: "satchel", ["--store", store], sourceLocation: sourceLocation)
      let label = Comment(rawValue: "\(mistake.arguments)")
      #expect(try knowledge() == before.knowledge, label, sourceLocation: sourceLocation)
    }
    #expect(try fingerprint() == before, sourceLocation: sourceLocation)
  }

  private struct Fingerprint: Equatable {
    let documents: String
    let knowledge: [UInt8]
  }

  private func fingerprint() throws -> Fingerprint {
    Fingerprint(documents: try everything(), knowledge: try knowledge())
  }
}
