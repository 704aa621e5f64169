import Causality
import Documents
import Storage
import TestSupport
import Testing

struct StoreLayoutTests {
  private let layout = StoreLayout(root: "/store/")
  private let id = UniqueID.sample(1)

  @Test func `every name is below the root`() {
    #expect(layout.root == "/store" && StoreLayout(root: "/").root == "/")
    #expect(layout.identity == "/store/store.json" && layout.lock == "/store/LOCK")
    #expect(layout.manifest == "/store/manifest.jsonl")
    #expect(layout.controlSocket == "/store/control.sock")
    #expect(layout.segment(1) == "/store/wal/00000001.wal")
    #expect(layout.segment(123_456_789) == "/store/wal/123456789.wal")
    #expect(layout.stage("pull") == "/store/staged/pull")
    let file = layout.file(of: DocumentKey(type: "patient", id: id))
    #expect(file == "/store/documents/patients/11/\(id).json")
  }

  @Test(arguments: [
    ("patient", "patients"), ("clinic", "clinics"), ("day", "days"), ("key", "keys"),
    ("toy", "toys"), ("guy", "guys"), ("entry", "entries"), ("city", "cities"), ("y", "ies"),
    ("address", "addresses"), ("review_decision", "review_decisions"), ("A-1", "A-1s"),
    ("a/b", "a%2fbs"), ("..", "%2e%2es"), ("é", "%c3%a9s"), ("\n", "%0as"), ("\u{1}0", "%010s"),
    ("\u{10}", "%10s"), ("%", "%25s"),
  ])
  func `a type's directory is its plural, safe as a file name`(type: String, name: String) {
    #expect(layout.directory(ofType: type) == "/store/documents/\(name)")
  }

  @Test func `two types never share a directory`() {
    let words = [
      "nurs", "nurse", "nurses", "city", "citie", "cities", "y", "ie", "s", "es", "se", "ses",
      "day", "daie", "bus", "buse", "a", "as", "ass", "i", "ies", "toy", "toie",
    ]
    let directories = words.map(layout.directory(ofType:))
    #expect(Set(directories).count == words.count, "\(directories)")
  }
}
