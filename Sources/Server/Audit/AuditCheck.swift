import Documents
import JSON
import Platform
import SyncProtocol

/// What is found when the audit is read from its beginning.
struct AuditCheck: Sendable {
  /// Where the lines do not follow one another.
  struct Problem: Sendable {
    let file: String
    /// The line, counted from 1.
    let line: Int
    let what: String
  }

  /// The last entry that follows on all before it.
  private(set) var last = AuditFiles.Mark()
  private(set) var problems: [Problem] = []
  /// What stands behind the last line's end, in the last file: a crash may leave it.
  private(set) var tornByteCount = 0
  /// The entries that are asked for.
  private(set) var lines: [[UInt8]] = []

  /// Reads all files.
  /// - Parameter keep: which entries are wanted.
  /// - Complexity: O(bytes).
  init(
    _ files: AuditFiles, digest: ([UInt8]) -> [UInt8],
    keep: (JSONObject) -> Bool = { _ in false }
  ) throws(SystemError) {
    let (paths, mark) = (try files.paths(), try files.mark())
    var isMarkMet = mark == nil || mark?.number == 0
    for (index, path) in paths.enumerated() {
      let bytes = try files.fileSystem.readFile(path, maximumByteCount: .max)
      var rest = bytes[...]
      var number = 0
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(rest[..<end])
        rest = rest[(end + 1)...]
        number += 1
        take(line, path, number, digest)
        if last == mark { isMarkMet = true }
        guard let object = (try? JSONValue(parsing: line))?.objectValue else { continue }
        if let problem = Self.toldProblem(object) {
          problems.append(Problem(file: path, line: number, what: problem))
        }
        if keep(object) { lines.append(line) }
      }
      guard !rest.isEmpty else { continue }
      if index == paths.count - 1 {
        tornByteCount = rest.count
      } else {
        problems.append(Problem(file: path, line: number + 1, what: "the line has no end"))
      }
    }
    guard !isMarkMet, let mark else { return }
    problems.append(
      Problem(
        file: paths.last ?? files.layout.audit, line: 0,
        what: "entry \(mark.number) was there once and is missing, or another one stands there"))
  }

  /// What the server found when it started: it goes on then, and does not forget it.
  private static func toldProblem(_ entry: JSONObject) -> String? {
    guard entry["event"]?.stringValue == AuditEntry.Event.cutOff.rawValue else { return nil }
    let (noted, found) = (entry["noted"]?.intValue ?? 0, entry["found"]?.intValue ?? 0)
    return
      "when the server was started, entry \(noted) was missing, or another one stood there: the last was "
      + "\(found)"
  }

  private mutating func take(
    _ line: [UInt8], _ path: String, _ number: Int, _ digest: ([UInt8]) -> [UInt8]
  ) {
    guard let entry = AuditLine.check(line, after: last.link, digest: digest),
      entry.number == last.number + 1
    else {
      // Everything behind a break fails to follow: one is told for each file.
      if problems.last?.file != path {
        problems.append(
          Problem(file: path, line: number, what: "the line does not follow on those before it"))
      }
      return
    }
    last = AuditFiles.Mark(number: entry.number, link: entry.link)
  }
}
