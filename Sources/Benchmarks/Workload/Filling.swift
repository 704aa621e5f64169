import Clinic
import Documents
import Replica

extension Replica {
  /// Documents that are written in one transaction.
  private static let documentsPerTransaction = 1000

  /// Stores sample documents as they are: what checking them costs is measured elsewhere.
  func fill(with documents: [SampleDocument]) throws(ReplicaError) {
    for start in stride(from: 0, to: documents.count, by: Self.documentsPerTransaction) {
      let chunk = documents[start..<min(start + Self.documentsPerTransaction, documents.count)]
      try transact { (transaction) throws(ReplicaError) in
        for document in chunk { try transaction.set(document.key, to: document.fields) }
      }
    }
  }
}
