package import Causality
package import Documents

/// Who may log in on a laptop, and how often all of a person's logins were ended: whoever stands there with another
/// number, or not at all, has to log in at the server again.
package struct PeopleList: Sendable, Equatable {
  package var generations: [UniqueID: Int]

  package init(_ generations: [UniqueID: Int] = [:]) { self.generations = generations }

  /// `ID:NUMBER`, in the order of the ids, with spaces between them.
  package var text: String {
    generations.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: " ")
  }

  /// - Returns: nil if it is no such list.
  package init?(_ text: String) {
    var generations: [UniqueID: Int] = [:]
    for entry in text.split(separator: " ") {
      let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let id = UniqueID(String(parts[0])), let number = Int(parts[1]),
        number >= 0, generations.updateValue(number, forKey: id) == nil
      else { return nil }
    }
    self.init(generations)
  }

  /// The first 8 bytes of the hash of the text, 16 digits.
  package func name(_ digest: Digest) -> String {
    HexText.text(Array(digest(Array(text.utf8)).prefix(8)))
  }
}
