package import Causality
package import Documents
import Platform

/// Every name in a store's directory, and their parser.
package struct StoreLayout: Sendable {
  package let root: String
  private let seal: any Seal

  /// - Parameters:
  ///   - root: the store's directory, with or without a slash at its end.
  ///   - seal: names documents' files; without it only other files are found in a sealed store.
  package init(root: String, seal: any Seal = NoSeal()) {
    self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
    self.seal = seal
  }

  /// What people did at a laptop, until its server has it.
  package var audit: String { "\(root)/audit.jsonl" }
  package var identity: String { "\(root)/store.json" }
  package var identityCopy: String { "\(root)/store.copy.json" }
  /// What opens a sealed store.
  package var keys: String { "\(root)/keys.json" }
  package var keysCopy: String { "\(root)/keys.copy.json" }
  /// There once an administrator has ordered that the store be wiped.
  package var wipe: String { "\(root)/wiped.json" }
  package var lock: String { "\(root)/LOCK" }
  package var controlSocket: String { "\(root)/control.sock" }
  package var apiToken: String { "\(root)/api.token" }
  package var manifest: String { "\(root)/manifest.jsonl" }
  package var log: String { "\(root)/wal" }
  /// The tables as checkpoints left them: can be made anew.
  package var index: String { "\(root)/index" }
  /// The transactions as checkpoints left them.
  package var history: String { "\(root)/history" }
  /// On a server, the documents in the order of their arrival: can be made anew.
  package var feed: String { "\(root)/feed" }
  /// What documents no longer hold.
  package var journal: String { "\(root)/journal" }
  package var documents: String { "\(root)/documents" }
  package var staged: String { "\(root)/staged" }
  package var parked: String { "\(root)/parked" }
  package var quarantine: String { "\(root)/quarantine" }

  /// The store as it was before its format was brought up to date.
  package var upgrade: String { "\(root)/upgrade" }
  /// A backup of the store as it was before somebody went back to an older format.
  package var undone: String { "\(root)/undone" }
  /// A backup of the store as it was before an import of another system's data.
  package func backup(before run: UniqueID, _ number: Int) -> String {
    "\(root)/before-import/\(run)-\(number)"
  }

  /// There while a store goes back to an older format.
  package var downgradeMark: String { "\(upgrade)/going-back" }

  /// An export on its way to another program.
  package func exportSpool(_ number: UInt64) -> String {
    "\(root)/export-\(number)\(temporaryFileSuffix)"
  }

  /// Room that is kept for a checkpoint on a full disk.
  package var reserve: String { "\(root)/reserve" }

  package func memo(_ memo: Memo) -> String { "\(root)/\(memo.rawValue)" }

  /// The store as it will be under another seal, until it is in place.
  var resealed: String { "\(root)/resealed" }

  /// A segment that is ready before it is needed.
  package var spareSegment: String { "\(log)/spare.wal" }

  package func segment(_ number: UInt64) -> String { "\(log)/\(Self.segmentName(number))" }

  /// The index of the checkpoint after which the log goes on with a segment.
  package func index(_ segment: UInt64) -> String {
    "\(index)/\(Self.name(segment, ".index"))"
  }

  /// The transactions of the checkpoint after which the log goes on with a segment.
  package func history(_ segment: UInt64) -> String {
    "\(history)/\(Self.name(segment, ".history"))"
  }

  /// A file of the journal.
  package func journal(_ number: UInt32) -> String {
    "\(journal)/\(Self.name(UInt64(number), ".journal"))"
  }

  /// A file of the feed.
  package func feed(_ number: UInt32) -> String { "\(feed)/\(feedName(number))" }

  func feedName(_ number: UInt32) -> String { Self.name(UInt64(number), ".feed") }

  /// The number of a file of the feed by its name; nil for another file.
  static func feedNumber(_ name: String) -> UInt32? {
    name.hasSuffix(".feed") ? UInt32(name.dropLast(5)) : nil
  }

  private static func name(_ number: UInt64, _ suffix: String) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits + suffix
  }

  static func segmentName(_ number: UInt64) -> String { name(number, ".wal") }

  /// The number of a segment by its file name; nil for another file.
  static func segmentNumber(_ name: String) -> UInt64? {
    guard name.hasSuffix(".wal"), let number = UInt64(name.dropLast(4)),
      number <= UInt64(Int.max), segmentName(number) == name
    else { return nil }
    return number
  }

  /// A file's place in the store: its path from the root on.
  func name(of path: String) -> String { String(path.dropFirst(root.count + 1)) }

  /// The directory of a type's documents: the plural of its name.
  package func directory(ofType type: String) -> String { "\(documents)/\(Self.plural(of: type))" }

  /// The directory that holds a document's file: documents are spread by the first byte of the id.
  package func directory(of key: DocumentKey) -> String { parentDirectory(of: file(of: key)) }

  /// Where a document's file stands, by its id or by the one that hides it.
  package func file(of key: DocumentKey) -> String {
    // A seal that cannot name the file any more reads and writes none: nothing has that name.
    let name = seal.hidden(key.id)?.description ?? "locked"
    return "\(directory(ofType: key.type))/\(name.prefix(2))/\(name)\(seal.fileSuffix)"
  }

  /// Whether a file among the documents has the name of one; nobody but a program of ours gives such names.
  func isDocument(_ path: String) -> Bool { path.hasSuffix(seal.fileSuffix) }

  /// Whether a file would be a document's if the store were sealed otherwise.
  func isForeignDocument(_ path: String) -> Bool {
    !isDocument(path) && path.hasSuffix(NoSeal.plainSuffix)
  }

  /// The document whose file has a path; nil for any other path.
  func key(ofFile path: String) -> DocumentKey? {
    let parts = path.split(separator: "/").suffix(3)
    guard parts.count == 3, let name = parts.last, name.hasSuffix(seal.fileSuffix),
      let hidden = UniqueID(name.dropLast(seal.fileSuffix.count)), let id = seal.shown(hidden),
      let directory = parts.first
    else { return nil }
    let type = Self.type(ofDirectory: String(directory))
    let key = DocumentKey(type: type, id: id)
    return file(of: key) == path ? key : nil
  }

  /// The type whose documents a directory holds, for names that need no `%`.
  private static func type(ofDirectory name: String) -> String {
    name.hasSuffix("%") ? String(name.dropLast()) : singular(of: name)
  }

  /// A transfer that is not complete: one file a page.
  package func stage(_ name: String) -> String { "\(staged)/\(name)" }

  /// The name of a type's directory: its English plural, made safe as a file name (bytes other than
  /// letters, digits, `_` and `-` are written as `%` and two hexadecimal digits). Two types never
  /// share one: where the plural could be that of another word, the type itself and `%` is taken.
  static func plural(of type: String) -> String {
    let safe = type.utf8.map { byte in
      isSafe(byte) ? String(UnicodeScalar(byte)) : "%" + hexadecimal(byte)
    }.joined()
    let plural = englishPlural(of: safe)
    return singular(of: plural) == safe ? plural : safe + "%"
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  private static func englishPlural(of word: String) -> String {
    if word.hasSuffix("s") { return word + "es" }
    let endsInVowelY = ["ay", "ey", "oy", "uy"].contains { word.hasSuffix($0) }
    return word.hasSuffix("y") && !endsInVowelY ? word.dropLast() + "ies" : word + "s"
  }

  /// The one word that has a plural.
  private static func singular(of plural: String) -> String {
    if plural.hasSuffix("ies") { return plural.dropLast(3) + "y" }
    return String(plural.dropLast(plural.hasSuffix("ses") ? 2 : 1))
  }

  private static func isSafe(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
