import Causality
import Clinic
import Documents
import JSON
import Planted
import Storage

/// What is kept aside for people must not outlive an erasure (DESIGN, rule 12).
extension Replica {
  /// Forgets what is kept aside, or staged by somebody, of documents that were erased. What cannot be
  /// removed now is removed with the next checkpoint.
  func forgetErased() {
    rowTables.forget()
    // A laptop begins its push anew.
    if role == .server {
      try? Stage.dropAbandoned(in: store, unchangedSince: .max)
    }
    try? forgetErasedParked()
  }

  /// Durable on return. O(what is kept aside).
  func forgetErasedParked() throws(StorageError) {
    for file in try store.parked() where !planted(Fault.erasedStaysAside) {
      guard var content = (try? JSONValue(parsing: file.content))?.objectValue,
        let documents = content["documents"]?.arrayValue
      else { continue }
      var left: [JSONValue] = []
      for document in documents where try !isErased(document) { left.append(document) }
      guard left.count < documents.count else { continue }
      content["documents"] = .array(left)
      // Of one that could not be read, this is all that was kept.
      (content["line"], content["hexadecimal"]) = (nil, nil)
      try store.park(file.name, JSONValue.object(content).prettyBytes())
    }
  }

  private func isErased(_ parked: JSONValue) throws(StorageError) -> Bool {
    guard let key = DocumentKey(reviewValue: parked) else { return false }
    return try store.read { (tables) throws(StorageError) in
      try tables.document(key)?.isErased ?? false
    }
  }
}
