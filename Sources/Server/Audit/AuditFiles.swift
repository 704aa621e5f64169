import Documents
import JSON
import Platform
import SyncProtocol

/// The files of the audit in their order, and a note of how far it certainly goes.
struct AuditFiles: Sendable {
  private static let suffix = ".jsonl"

  let layout: ServerLayout
  let fileSystem: any FileSystem

  /// Paths, oldest first.
  func paths() throws(SystemError) -> [String] {
    guard try fileSystem.status(layout.audit) != nil else { return [] }
    return try fileSystem.contents(ofDirectory: layout.audit)
      .filter { $0.hasSuffix(Self.suffix) }.map { "\(layout.audit)/\($0)" }
  }

  func path(_ number: Int) -> String {
    let digits = String(number)
    let name = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    return "\(layout.audit)/\(name)\(Self.suffix)"
  }

  /// Up to where entries were durable when somebody noted it last: fewer are too few.
  struct Mark: Sendable, Equatable {
    var number: UInt64 = 0
    var link = AuditLine.root
  }

  private var markPath: String { "\(layout.audit)/mark.json" }

  /// - Returns: nil if there is none, or what is there says nothing.
  func mark() throws(SystemError) -> Mark? {
    guard try fileSystem.status(markPath) != nil else { return nil }
    guard let object = (try? JSONValue(parsing: try fileSystem.readFile(markPath)))?.objectValue,
      let number = object["number"]?.intValue, number >= 0,
      let link = object["link"]?.stringValue
    else { return nil }
    return Mark(number: UInt64(number), link: link)
  }

  /// Durable on return.
  func write(_ mark: Mark) throws(SystemError) {
    let value: JSONValue = [
      "number": .number(JSONNumber(mark.number)), "link": .string(mark.link),
    ]
    try fileSystem.writeFileDurably(markPath, value.bytes)
  }
}
