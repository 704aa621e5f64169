/// A promise that was not kept.
package struct Broken: Error, CustomStringConvertible {
  /// Which check found it.
  package let check: String
  package let what: String

  init(_ check: String, _ what: String) { (self.check, self.what) = (check, what) }

  package var description: String { "\(check): \(what)" }
}
