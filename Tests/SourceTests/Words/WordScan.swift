/// Finds banned words in places that are not allowed. It reads words, not meanings: what a function of another room
/// does when it is called from here, it cannot see; nor a clock or random source that has another name.
struct WordScan {
  private(set) var findings: [Finding] = []
  private var used: [Set<String>]
  private let allowed: [Allowed]

  init(_ files: [SourceFile], allowed: [Allowed] = Allowed.all) {
    self.allowed = allowed
    used = Array(repeating: [], count: allowed.count)
    for file in files {
      for (word, finding) in Ban.findings(in: file) { take(word, finding, in: file) }
    }
  }

  private mutating func take(_ word: String, _ finding: Finding, in file: SourceFile) {
    let places = allowed.indices.filter { allowed[$0].allows(word, in: file.path) }
    for place in places { used[place].insert(word) }
    if places.isEmpty { findings.append(finding) }
  }

  /// What is allowed and no longer there.
  var leftOver: [String] {
    allowed.indices.flatMap { place in
      allowed[place].words.subtracting(used[place]).sorted().map { "\(allowed[place].path): \($0)" }
    }
  }
}
