/// A library of the system that a feature needs cannot be used.
package struct LibraryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file name of the library, as it is usually called: "libcrypto.so.3".
  package var library: String
  /// What is wrong with it: "is missing", "has no function EVP_sha256".
  package var problem: String
  /// What a person should do: "install the system's OpenSSL libraries".
  package var advice: String

  package init(library: String, problem: String, advice: String) {
    self.library = library
    self.problem = problem
    self.advice = advice
  }

  /// "libcrypto.so.3 is missing: install the system's OpenSSL libraries"
  package var description: String { "\(library) \(problem): \(advice)" }
}
