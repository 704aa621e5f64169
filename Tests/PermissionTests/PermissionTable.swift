import API
import Clinic
import Platform

/// Who sends a request: somebody without a login, or with a role.
struct Asker: Hashable, CustomStringConvertible {
  let role: Role?
  var description: String { role?.rawValue ?? "anyone" }

  /// In the order of the table's columns.
  static let all =
    [Asker(role: nil)]
    + [
      Role.patient, .officeStaff, .clinician, .admin, .owner, .accountAdmin, .superAdmin,
    ].map { Asker(role: $0) }
}

/// What an answer about another account's document is.
enum Refusal: Equatable {
  /// The request names none.
  case none
  case status(Int)
  /// 200, and nothing is found or made.
  case nothing

  init?(_ text: String) {
    switch text {
    case "-": self = .none
    case "none": self = .nothing
    default:
      guard let status = Int(text) else { return nil }
      self = .status(status)
    }
  }
}

/// `Conformance/permissions.txt`.
struct PermissionTable {
  /// A route, or a case of one.
  struct Row: CustomStringConvertible {
    let line: Int
    let method: String
    let path: String
    /// What differs from the row of the path alone; empty for that.
    let variant: String
    /// In the order of the columns.
    let answers: [Int]
    var other = Refusal.none
    var named = Refusal.none

    var operation: String { "\(method) \(path)" }
    var description: String { "line \(line): \(operation) \(variant)" }
    /// Under the role of the one who asks.
    func answer(to asker: Asker) -> Int { answers[Asker.all.firstIndex(of: asker) ?? 0] }
  }

  private(set) var api: [Row] = []
  private(set) var sync: [Row] = []
  /// Lines that are neither rows nor remarks.
  private(set) var unread: [Int] = []

  static let shared = PermissionTable()

  private init() {
    let parts = #filePath.split(separator: "/").dropLast(3)
    let path = "/" + parts.joined(separator: "/") + "/Conformance/permissions.txt"
    let bytes = (try? POSIXFileSystem().readFile(path)) ?? []
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    var isSync = false
    for (index, line) in lines.enumerated() where !line.isEmpty {
      if line.hasPrefix("#") {
        if line.hasPrefix("## Sync") { isSync = true }
      } else if let row = Self.row(line, index + 1, isSync: isSync) {
        if isSync { sync.append(row) } else { api.append(row) }
      } else {
        unread.append(index + 1)
      }
    }
  }

  private static func row(_ line: Substring, _ number: Int, isSync: Bool) -> Row? {
    let words = line.split(separator: " ").map(String.init)
    guard words.count > 2, let first = words.firstIndex(where: { Int($0) != nil }) else {
      return nil
    }
    let (cells, refusals) = (words[first...].prefix(8), words[first...].dropFirst(8))
    let answers = cells.compactMap(Int.init)
    let rest = refusals.compactMap(Refusal.init)
    guard answers.count == 8, refusals.count == rest.count, rest.count == (isSync ? 0 : 2)
    else { return nil }
    var row = Row(
      line: number, method: words[0], path: words[1],
      variant: words[2..<first].joined(separator: " "), answers: answers)
    if !isSync { (row.other, row.named) = (rest[0], rest[1]) }
    return row
  }
}
